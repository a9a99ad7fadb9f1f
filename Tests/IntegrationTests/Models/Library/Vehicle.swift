import Foundation
import Heliograph

/// What stands in the park.
struct Vehicle: Model {
    enum Fuel: String, CaseIterable, PostgresCodable {
        case petrol
        case diesel
        case inBetween = "in-between"
        case `default`
        case case7up = "7up"
    }

    var id: UUID?
    var plate: String
    var fuel: Fuel
    var `class`: String?
    var seats: Int16
    var doors: Int32?
    /// In kilometres.
    var mileage: Int64
    var weight: Float?
    var length: Double?
    var price: Decimal?
    var photo: Data?
    var bought: LocalDate?
    var washed: LocalTime?
    var serviced: LocalDateTime?
    var createdAt: Date?
    var warranty: Interval?
    var options: String
    var notes: String?
    // CHECK: add .references(\Owner.id, onDelete: .setNull) when there is that model
    var ownerID: Int64?
    var previousOwnerID: Int64?
    var tags: [String]
    var sizes: [Int32]?
    var isActive: Bool
    var rent: PostgresRange<Int64>?
    var kmPerLitre: Double?
    var plate2: String?
    var serialNo: Int64?

    static let mapping = Mapping("Vehicles", schema: "Car park", Vehicle.init) {
        Key("id", \.id)
        Column("plate", \.plate).unique()
        Column("fuel", \.fuel).enumeration("fuel")
        Column("class", \.`class`)
        Column("seats", \.seats)
        Column("doors", \.doors)
        Column("mileage", \.mileage)
        Column("weight", \.weight)
        Column("length", \.length)
        Column("price", \.price)
        Column("photo", \.photo)
        Column("bought", \.bought)
        Column("washed", \.washed)
        Column("serviced", \.serviced)
        Column("created_at", \.createdAt).generated()
        Column("warranty", \.warranty)
        Column("options", \.options)
        Column("notes", \.notes)
        Column("owner_id", \.ownerID)
        Column("previous_owner_id", \.previousOwnerID)
        Column("tags", \.tags)
        Column("sizes", \.sizes)
        Column("is active?", \.isActive)
        Column("rent", \.rent)
        Column("km_per_litre", \.kmPerLitre).generated()
        Column("Plate", \.plate2)
        Column("serial_no", \.serialNo).generated()
    }
    .unique(\.ownerID, \.`class`, constraint: "one_class_each")
}
