#!/bin/sh
# Everything Candela needs on a machine with Swift, then one of four jobs:
#
#   sh Config/bootstrap.sh demo [ARGUMENTS]   build, then run the demo on this machine
#   sh Config/bootstrap.sh test               check the formatting, build, run all tests
#   sh Config/bootstrap.sh build              build only
#   sh Config/bootstrap.sh install            install the system packages only
#
# Installs missing packages on Debian and its relatives; elsewhere it names them and stops.
# Asks nothing, can be run again at any time, and exits with the status of the step that failed.
set -eu

readonly swift_needed_major=6
readonly swift_needed_minor=3
readonly scratch=.build-release

# Debian package names. The tests play, shape and watch real streams, hence the second list.
readonly build_packages="libavdevice-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev
libswresample-dev libisal-dev libncurses-dev libminiupnpc-dev pkg-config gcc libc6-dev git"
readonly test_packages="ffmpeg mpv tmux iproute2 nftables miniupnpd-nftables coturn stun-client curl
chromium-headless-shell firefox-esr vlc-bin vlc-plugin-base"

# The same things as pkg-config and the shell know them, for systems without dpkg.
readonly build_modules="libavdevice libavformat libavcodec libavutil libswscale libswresample libisal ncursesw
miniupnpc"
readonly test_tools="ffmpeg mpv tmux ip nft curl"

say() { printf '==> %s\n' "$*" >&2; }

# fail STATUS MESSAGE...: 64 usage, 69 something is missing on this machine (sysexits.h).
fail() {
    status=$1
    shift
    printf 'bootstrap: %s\n' "$*" >&2
    exit "$status"
}

usage() {
    fail 64 "usage: sh Config/bootstrap.sh demo [ARGUMENTS] | test | build | install"
}

debian_missing() {
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=absent
        [ "$state" = installed ] || printf '%s ' "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

install_on_debian() {
    missing=$(debian_missing "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
        fail 69 "these packages are missing: $missing
Install them as root, then run this again:
    apt-get update && apt-get install --no-install-recommends $missing"
    fi
    say "installing: $missing"
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=120 update >&2
    # The list is meant to be split into words.
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -y -o DPkg::Lock::Timeout=120 install --no-install-recommends $missing >&2
}

# What to type on a system whose packages this script does not install itself.
foreign_command() {
    if command -v dnf >/dev/null 2>&1; then
        printf '%s' "sudo dnf install gcc git pkgconf-pkg-config 'pkgconfig(libavformat)'" \
            " 'pkgconfig(libswscale)' 'pkgconfig(libisal)' 'pkgconfig(ncursesw)'" \
            " 'pkgconfig(miniupnpc)'" \
            " ffmpeg-free mpv tmux iproute nftables"
    elif command -v zypper >/dev/null 2>&1; then
        printf '%s' "sudo zypper install gcc git pkg-config 'pkgconfig(libavformat)'" \
            " 'pkgconfig(libswscale)' 'pkgconfig(libisal)' 'pkgconfig(ncursesw)'" \
            " 'pkgconfig(miniupnpc)'" \
            " ffmpeg mpv tmux iproute2 nftables"
    elif command -v pacman >/dev/null 2>&1; then
        printf '%s' "sudo pacman -S --needed gcc git pkgconf ffmpeg isa-l ncurses miniupnpc" \
            " mpv tmux iproute2 nftables"
    elif command -v apk >/dev/null 2>&1; then
        printf '%s' "sudo apk add gcc musl-dev git pkgconf ffmpeg-dev isa-l-dev ncurses-dev miniupnpc-dev" \
            " ffmpeg mpv tmux iproute2 nftables"
    elif command -v brew >/dev/null 2>&1; then
        printf '%s' "brew install pkg-config ffmpeg isa-l ncurses miniupnpc mpv tmux"
    else
        printf '%s' "(no package manager known here) FFmpeg, ISA-L, ncurses, miniupnpc with their" \
            " headers, pkg-config, a C compiler, git; for the tests ffmpeg, mpv, tmux, ip, nft"
    fi
}

check_elsewhere() {
    missing=""
    if command -v pkg-config >/dev/null 2>&1; then
        for module in $build_modules; do
            pkg-config --exists "$module" || missing="$missing $module"
        done
    else
        missing=" pkg-config"
    fi
    for tool in "$@"; do
        command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
    done
    [ -z "$missing" ] || fail 69 "missing on this system:$missing
Install them, then run this again:
    $(foreign_command)"
}

# install_packages build|test
install_packages() {
    if command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
        packages=$build_packages
        [ "$1" = build ] || packages="$packages $test_packages"
        # The list is meant to be split into words.
        # shellcheck disable=SC2086
        install_on_debian $packages
    elif [ "$1" = build ]; then
        check_elsewhere
    else
        # shellcheck disable=SC2086
        check_elsewhere $test_tools
    fi
}

check_swift() {
    wanted="Candela needs Swift $swift_needed_major.$swift_needed_minor or newer"
    command -v swift >/dev/null 2>&1 ||
        fail 69 "$wanted, and there is no swift in PATH: get it from https://www.swift.org/install"
    found=$(swift --version 2>/dev/null |
        sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)
    [ -n "$found" ] || fail 69 "$wanted; 'swift --version' did not name a version"
    major=${found%%.*}
    minor=${found#*.}
    if [ "$major" -lt "$swift_needed_major" ] ||
        { [ "$major" -eq "$swift_needed_major" ] && [ "$minor" -lt "$swift_needed_minor" ]; }; then
        fail 69 "$wanted; this is Swift $found: get a newer one from https://www.swift.org/install"
    fi
}

# Release with testing enabled, the same flags for every job: nothing is ever built twice.
# That is also why the tests are built by `swift build`: `swift test` adds a flag of its own when
# it builds, which makes the next `swift build` start over.
in_release() {
    verb=$1
    shift
    swift "$verb" -c release -Xswiftc -enable-testing --scratch-path "$scratch" "$@"
}

build() {
    say "building (the first time takes some minutes)"
    in_release build --product candela >&2
}

run_tests() {
    say "checking the formatting"
    swift format lint --strict -r Sources Tests Package.swift
    say "building (the first time takes some minutes)"
    # By product: `--build-tests` would also build every program of the packages that Candela uses.
    in_release build --product candela >&2
    in_release build --product candelaPackageTests >&2
    say "testing"
    # Real sockets in real time first and alone: beside the others they would measure the machine.
    in_release test --skip-build --disable-xctest --filter LoopbackTests
    in_release test --skip-build --disable-xctest --filter NetworkTests
    in_release test --skip-build --disable-xctest --skip LoopbackTests --skip NetworkTests
}

main() {
    [ $# -ge 1 ] || usage
    job=$1
    shift
    cd -- "$(dirname -- "$0")/.."
    case $job in
    demo)
        install_packages build
        check_swift
        build
        exec "$scratch/release/candela" demo "$@"
        ;;
    test)
        [ $# -eq 0 ] || usage
        install_packages test
        check_swift
        run_tests
        ;;
    build)
        [ $# -eq 0 ] || usage
        install_packages build
        check_swift
        build
        say "built $scratch/release/candela"
        ;;
    install)
        [ $# -eq 0 ] || usage
        install_packages test
        ;;
    *) usage ;;
    esac
}

main "$@"
