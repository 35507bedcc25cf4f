import Basics
import Testing

@Suite("NatType")
struct NatTypeTests {
    @Test("there are 27 types, each with a byte, a name and a description of its own")
    func all() {
        #expect(NatType.allCases.count == 27)
        #expect(Set(NatType.allCases.map(\.byte)) == Set(0..<27))
        #expect(Set(NatType.allCases.map(\.description)).count == 27)
        #expect(Set(NatType.allCases.map(\.plainWords)).count == 27)
        for type in NatType.allCases { #expect(NatType(byte: type.byte) == type) }
    }

    @Test("a byte that stands for no type makes none")
    func unknown() {
        for byte in UInt8(27)...255 { #expect(NatType(byte: byte) == nil) }
    }

    @Test("bytes and names stay what they are")
    func golden() {
        #expect(NatType.open.byte == 0)
        #expect(NatType.usual.byte == 6)
        #expect(NatType.usual.description == "EI/APD/preserving")
        let hardest = NatType(.addressAndPortDependent, .addressAndPortDependent, .random)
        #expect(hardest.byte == 26)
        #expect(
            hardest.plainWords
                == "Uses another outside port for each program you talk to, which nobody can "
                + "foretell; lets in only exactly whom you have sent to."
        )
    }

    @Test("the common names leave the allocation out")
    func common() {
        let names = Set(NatType.allCases.map(\.commonName))
        #expect(names == ["full cone", "restricted cone", "port-restricted cone", "symmetric"])
        #expect(NatType.open.commonName == "full cone")
        #expect(NatType(.addressDependent, .endpointIndependent, .random).commonName == "symmetric")
    }
}
