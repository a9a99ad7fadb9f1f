import Testing

@testable import HeliographLog

@Suite("What observers want together")
struct DemandTests {
    private func demand(_ sender: String, _ operations: AttachOptions.Operation...) -> Demand {
        Demand([.init(sender: sender, operations: operations)])
    }

    @Test("A union covers its parts, all covers everything, nothing covers only nothing")
    func cover() {
        var both = demand("a", .insert)
        both.formUnion(demand("a", .delete))
        both.formUnion(demand("b", .update))
        #expect(both.covers(demand("a", .insert, .delete)) && both.covers(demand("b", .update)) && both.covers(.none))
        #expect(!both.covers(demand("a", .update)) && !both.covers(demand("c", .insert)) && !both.covers(.all))
        #expect(Demand.all.covers(both) && Demand.all.covers(.all) && !Demand.none.covers(both))
        both.formUnion(.all)
        #expect(both == .all)
    }

    @Test("Its statement asks for the same, always in one order")
    func filter() {
        var one = demand("b", .update)
        one.formUnion(demand("a", .delete, .insert))
        var other = demand("a", .insert)
        other.formUnion(demand("b", .update))
        other.formUnion(demand("a", .delete))
        #expect(one.filter == other.filter)
        #expect(one.filter.sources?.map(\.sender) == ["a", "b"])
        #expect(Demand.all.filter.sources == nil && Demand.none.filter.sources == [])
    }
}
