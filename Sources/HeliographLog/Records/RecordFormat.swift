/// The envelopes in which a record can be given to other programs, each one JSON object in one line.
public enum RecordFormat: String, Sendable, CaseIterable {
    /// Heliograph's own: ``Record/json``.
    case heliograph
    /// CloudEvents 1.0, JSON event format; the record is its data.
    case cloudevents
    /// The envelope of Debezium's connectors, without schemas.
    case debezium
}

extension Record {
    /// The record in an envelope.
    public func text(as format: RecordFormat) -> String {
        switch format {
        case .heliograph: json
        case .cloudevents: cloudEvent
        case .debezium: debeziumEvent
        }
    }
}
