import Testing

@testable import HeliographModels

@Suite("Names of tables and columns in Swift")
struct SwiftNamesTests {
    @Test(
        "A table of many, a model of one",
        arguments: [
            ("users", "User"), ("order_items", "OrderItem"), ("categories", "Category"), ("boxes", "Box"),
            ("addresses", "Address"), ("status", "Status"), ("classes", "Class"), ("my shop", "MyShop"),
            ("Vehicles", "Vehicle"), ("2fa", "Table2fa"), ("", "Table"), ("series", "Series"), ("news", "News"),
            // What the code of a model names itself, or cannot be called.
            ("keys", "KeyRow"), ("columns", "ColumnRow"), ("types", "TypeRow"), ("dates", "DateRow"),
            ("models", "ModelRow"),
        ]
    )
    func types(table: String, name: String) { #expect(SwiftNames.type(table) == name) }

    @Test(
        "A column as a property",
        arguments: [
            ("id", "id"), ("is_active", "isActive"), ("author_id", "authorID"), ("createdAt", "createdAt"),
            ("ID", "id"),
            ("home_url", "homeURL"), ("is active?", "isActive"), ("class", "`class`"), ("self", "columnSelf"),
            ("mapping", "`mapping`"), ("2nd", "column2nd"), ("???", "column"), ("größe", "größe"),
        ]
    )
    func properties(column: String, name: String) { #expect(SwiftNames.property(column) == name) }

    @Test("Names that would be the same get a number")
    func distinct() {
        #expect(SwiftNames.distinct(["id", "id", "a", "id"]) == ["id", "id2", "a", "id3"])
        #expect(SwiftNames.distinct(["`class`", "`class`"]) == ["`class`", "class2"])
    }
}
