/// What a test's receiver throws.
struct Refusal: Error, Equatable {
    var reason = "no"
}
