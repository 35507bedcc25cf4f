#ifndef CANDELA_CFFMPEG_SHIM_H
#define CANDELA_CFFMPEG_SHIM_H

#include <errno.h>
#include <stdint.h>

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavdevice/avdevice.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

// Macros that Swift does not import, under one prefix.
static const int candela_av_end = AVERROR_EOF;
static const int candela_av_exit = AVERROR_EXIT;
static const int candela_av_again = AVERROR(EAGAIN);
static const int candela_av_invalid = AVERROR_INVALIDDATA;
static const int candela_av_timeout = AVERROR(ETIMEDOUT);
static const int64_t candela_av_no_time = AV_NOPTS_VALUE;

/// The negative code that libav uses for an errno value.
static inline int candela_av_error(int code) { return AVERROR(code); }

/// Refuses to open anything that a media file names: a playlist or a reference must not make us
/// read another file or address.
static int candela_refuse_open(AVFormatContext *context, AVIOContext **io, const char *url,
                               int flags, AVDictionary **options) {
    (void)context; (void)url; (void)flags; (void)options;
    *io = NULL;
    return AVERROR(EPERM);
}

/// Makes a context refuse to open anything but what it was given.
static inline void candela_refuse_references(AVFormatContext *context) {
    context->io_open = candela_refuse_open;
}

extern char **environ;

/// The environment that a started program inherits.
static inline char **candela_environment(void) { return environ; }

#endif
