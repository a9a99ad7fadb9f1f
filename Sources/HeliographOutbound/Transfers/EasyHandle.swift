import CLibCurl

/// libcurl's handle for one transfer at a time, and the memory that libcurl only borrows for it.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let message: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var target: UnsafeMutablePointer<curl_slist>?

    /// `nil` if libcurl has no memory left.
    init?() {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(pointer)
        freeLists()
        message.deallocate()
    }

    /// Forgets all options. What it knows of TLS sessions stays.
    func reset() {
        curl_easy_reset(pointer)
        freeLists()
    }

    private func freeLists() {
        curl_slist_free_all(headers)
        curl_slist_free_all(target)
        headers = nil
        target = nil
    }

    func set(_ option: CURLoption, _ value: Int) throws(TransferFault) {
        try check(heliograph_curl_set_long(pointer, option, value))
    }

    /// - Parameter value: Copied. `nil` takes back what libcurl has by itself.
    func set(_ option: CURLoption, _ value: String?) throws(TransferFault) {
        try check(heliograph_curl_set_text(pointer, option, value))
    }

    /// - Parameter value: Has to live until ``reset()``.
    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(TransferFault) {
        try check(heliograph_curl_set_pointer(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: @escaping curl_write_callback) throws(TransferFault) {
        try check(heliograph_curl_set_write_callback(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: @escaping curl_opensocket_callback) throws(TransferFault) {
        try check(heliograph_curl_set_socket_callback(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: @escaping curl_closesocket_callback) throws(TransferFault) {
        try check(heliograph_curl_set_close_callback(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: @escaping curl_prereq_callback) throws(TransferFault) {
        try check(heliograph_curl_set_request_callback(pointer, option, value))
    }

    func allowOnlyHTTP() throws(TransferFault) { try check(heliograph_curl_allow_only_http(pointer)) }

    /// - Parameter lines: Copied. A name without a value keeps libcurl from sending its own.
    func setHeaders(_ lines: [String]) throws(TransferFault) {
        for line in lines { headers = try Self.list(headers, line) }
        if let headers { try set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(headers)) }
    }

    /// - Parameter rule: Host and port of a URL, and in their place those to connect to, all with a colon between.
    func setConnectTo(_ rule: String) throws(TransferFault) {
        let list = try Self.list(target, rule)
        target = list
        try set(CURLOPT_CONNECT_TO, UnsafeMutableRawPointer(list))
    }

    private static func list(
        _ list: UnsafeMutablePointer<curl_slist>?, _ line: String
    ) throws(TransferFault) -> UnsafeMutablePointer<curl_slist> {
        guard let longer = curl_slist_append(list, line) else { throw outOfMemory }
        return longer
    }

    /// - Parameter bytes: Copied.
    func setBody(_ bytes: [UInt8]) throws(TransferFault) {
        try set(CURLOPT_POST, 1)
        // The size has to be known before the copy is made.
        try check(heliograph_curl_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
        try check(
            bytes.withUnsafeBytes { bytes in
                heliograph_curl_set_pointer(
                    pointer, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            })
    }

    /// Has libcurl say more about an error than its code does.
    func collectMessage() throws(TransferFault) {
        message.pointee = 0
        try set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(message))
    }

    /// What libcurl says about an error, made printable; empty if there was none.
    func message(for code: CURLcode) -> String {
        guard code != CURLE_OK else { return "" }
        let text = message.pointee == 0 ? curl_easy_strerror(code) : UnsafePointer(message)
        return text.map { PrintableText.text(of: String(cString: $0).utf8) } ?? ""
    }

    /// A number of the last transfer; 0 if it is not known.
    func long(_ info: CURLINFO) -> Int {
        var value = 0
        return heliograph_curl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
    }

    static let outOfMemory = TransferFault("no memory is left")

    private func check(_ code: CURLcode) throws(TransferFault) {
        guard code != CURLE_OK else { return }
        throw TransferFault(curl_easy_strerror(code))
    }
}
