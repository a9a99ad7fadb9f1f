import Foundation
import Heliograph
import HeliographTesting
import Testing

@Suite("Models of tables that are there")
struct ModelSourceTests {
    private static let table = """
        CREATE SCHEMA "Car park";
        CREATE TYPE "Car park".fuel AS ENUM ('petrol', 'diesel', 'in-between', 'default', '7up');
        CREATE DOMAIN "Car park".plate AS varchar(12) CHECK (value <> '');
        CREATE TABLE "Car park".owners (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
        CREATE TABLE "Car park"."Vehicles" (
            id uuid DEFAULT gen_random_uuid() PRIMARY KEY, plate "Car park".plate NOT NULL UNIQUE, fuel "Car park".fuel NOT NULL,
            "class" text, seats smallint NOT NULL DEFAULT 4, doors int, mileage bigint NOT NULL, weight real, length double precision,
            price numeric(10, 2), photo bytea, bought date, washed time, serviced timestamp, created_at timestamptz NOT NULL DEFAULT now(),
            warranty interval, options jsonb NOT NULL DEFAULT '{}', notes json, owner_id bigint REFERENCES "Car park".owners ON DELETE SET NULL,
            previous_owner_id bigint, tags text[] NOT NULL DEFAULT '{}', sizes int[], "is active?" boolean NOT NULL DEFAULT true,
            rent int8range, km_per_litre double precision GENERATED ALWAYS AS (length / 2) STORED, "Plate" text, serial_no bigserial,
            CONSTRAINT one_class_each UNIQUE (owner_id, "class")
        );
        COMMENT ON TABLE "Car park"."Vehicles" IS 'What stands in the park.';
        COMMENT ON COLUMN "Car park"."Vehicles".mileage IS 'In kilometres.';
        """

    @Test("The command writes a model that compiles, fits its table, and reads what was written")
    func written() async throws {
        try await Fixture.with { fixture in
            try await fixture.psql(Self.table)
            let outcome = try await fixture.heliograph(["model", "\"Car park\".\"Vehicles\""])
            #expect(outcome.status == 0, "\(outcome)")
            // The file is what the command has written: it is compiled with these tests.
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Library/Vehicle.swift")
            let text = try String(contentsOf: file, encoding: .utf8)
            let written = outcome.lines.joined(separator: "\n").trimmingCharacters(in: .newlines) + "\n"
            if written != text { Issue.record("the command writes:\n\(written)") }
            try await fixture.withPool { pool in
                let database = Database(pool: pool)
                try await database.verify(ModelSchema(Vehicle.self))
                try await fixture.psql(
                    "INSERT INTO \"Car park\".\"Vehicles\" (plate, fuel, mileage, tags) VALUES ('AB 1', 'in-between', 9, '{x}')"
                )
                var vehicle = try #require(try await database.first(Vehicle.query))
                #expect(vehicle.fuel == .inBetween)
                #expect(vehicle.tags == ["x"])
                vehicle.mileage = 10
                try await database.save(&vehicle)
                #expect(try await fixture.psql("SELECT mileage FROM \"Car park\".\"Vehicles\"") == "10")
            }
        }
    }

    @Test("A table that is not there is said so")
    func missing() async throws {
        try await Fixture.with { fixture in
            let outcome = try await fixture.heliograph(["model", "nothing"])
            #expect(outcome.status == 1)
            #expect(outcome.lines.contains { $0.contains("there is no table nothing") })
        }
    }
}
