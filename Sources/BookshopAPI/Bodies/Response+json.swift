import HTTPTypes
import Heliograph
import Hummingbird

extension Response {
    /// A response with a JSON body.
    init(
        status: HTTPResponse.Status = .ok, json: JSONValue, contentType: String = "application/json",
        headers: HTTPFields = [:]
    ) {
        var headers = headers
        headers[.contentType] = contentType
        self.init(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: json.description)))
    }
}
