import Foundation
import Testing

@testable import HeliographOutbound

@Suite("Reading answers")
struct AnswerReaderTests {
    private func reader(_ lines: String...) -> AnswerReader {
        var reader = AnswerReader()
        for line in lines {
            let bytes = Array("\(line)\r\n".utf8)
            #expect(bytes.withUnsafeBytes { reader.readHeadLine($0) })
        }
        return reader
    }

    private func reason(_ lines: String...) -> String? {
        var reader = AnswerReader()
        for line in lines { _ = Array("\(line)\r\n".utf8).withUnsafeBytes { reader.readHeadLine($0) } }
        return reader.answer?.failure(of: "x", now: Date(timeIntervalSince1970: 0)).reason
    }

    @Test("There is an answer as soon as its head is complete")
    func complete() {
        #expect(reader("HTTP/1.1 200 OK", "Server: x").answer == nil)
        let answer = reader("HTTP/1.1 200 OK", "Server: x", "").answer
        #expect(answer?.statusCode == 200 && answer?.isAcknowledgement == true)
    }

    @Test("Hints come before the answer; what comes after it is no head")
    func several() {
        #expect(reader("HTTP/1.1 100 Continue", "", "HTTP/1.1 103 Early Hints", "Link: x", "").answer == nil)
        let hinted = reader("HTTP/1.1 100 Continue", "", "HTTP/1.1 404 No", "").answer
        #expect(hinted?.statusCode == 404)
        let trailed = reader("HTTP/1.1 404 No", "", "X-Trailer: 1", "HTTP/1.1 200 OK", "").answer
        #expect(trailed?.statusCode == 404)
        // Another protocol, that nobody has asked for.
        #expect(reader("HTTP/1.1 101 Switching Protocols", "").answer?.isAcknowledgement == false)
    }

    @Test("Status lines with little or much in them")
    func statusLines() {
        #expect(reason("HTTP/1.0 500", "") == "x answered 500")
        #expect(reason("HTTP/1.1 500 ", "") == "x answered 500")
        #expect(reason("HTTP/1.1 500 Not  now, \u{1B}[1mnever", "") == "x answered 500 Not now, \u{FFFD}[1mnever")
        let long = reason("HTTP/1.1 500 " + String(repeating: "y", count: 500), "")
        #expect(long?.utf8.count == "x answered ".utf8.count + 80)
        for line in ["", "HTTP/1.1", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/1.1 two OK", "SSH-2.0 200 OK"] {
            #expect(reason(line, "") == nil)
        }
    }

    @Test("The first header of a name counts, in whatever case it is written")
    func headers() {
        let answer = reader("HTTP/1.1 503 No", "RETRY-after:7 ", "Retry-After: 9", "no colon", ": 5", "").answer
        #expect(answer?.failure(of: "x", now: Date()).retryAfter == .seconds(7))
        // What goes on in the next line is no header of its own.
        let folded = reader("HTTP/1.1 503 No", "X: 1,", " Retry-After: 9", "").answer
        #expect(folded?.failure(of: "x", now: Date()).retryAfter == nil)
        #expect(reason("HTTP/1.1 301 No", "Location:\t/a:b", "")?.hasSuffix(" (/a:b)") == true)
    }

    @Test("The limits")
    func limits() {
        var reader = reader("HTTP/1.1 500 No", "")
        let part = [UInt8](repeating: UInt8(ascii: "x"), count: AnswerReader.bodyLimit - 1)
        let reads = part.withUnsafeBytes { [reader.readBody($0), reader.readBody($0)] }
        #expect(reads == [true, false])
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: AnswerReader.headLimit)
        // Trailers count as well.
        #expect(!line.withUnsafeBytes { reader.readHeadLine($0) })
    }
}
