import Basics

/// A local network behind a NAT, and the machines in it.
///
/// It has identity, for several machines share it; so it is a class.
final class Lan {
    var box: NatBox
    /// The machines by their inside endpoints; the newest process of each.
    private(set) var hosts: [Endpoint: Int] = [:]
    /// The first machine, whose place and line stand for those of the NAT.
    let first: Int

    init(_ box: NatBox, first: Int) {
        self.box = box
        self.first = first
    }

    /// The address on the outside; the port does not matter.
    var outside: Endpoint { box.configuration.outside }

    func seat(_ machine: Int, at inside: Endpoint) { hosts[inside] = machine }

    /// The machine that an outside port belongs to by now, or the first one.
    func machine(at port: UInt16) -> Int {
        box.holder(of: port).flatMap { hosts[$0] } ?? first
    }
}
