public import Heliograph

/// What a user says about themself. Each user has one; the worker makes it.
public struct Profile: Model {
    /// Drawn by the database.
    public var id: Int64?
    public var userID: Int64
    public var bio: String

    /// What the table's default says as well.
    public static let defaultBio = "This is my bio."

    public init(id: Int64? = nil, userID: Int64, bio: String = Profile.defaultBio) {
        self.id = id
        self.userID = userID
        self.bio = bio
    }

    public static let mapping = Mapping("profiles", Profile.init) {
        Key("id", \.id)
        Column("user_id", \.userID).unique().references(\User.id, onDelete: .cascade, onUpdate: .cascade)
        Column("bio", \.bio).default(Profile.defaultBio)
    }
}
