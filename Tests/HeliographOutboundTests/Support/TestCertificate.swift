import Foundation

/// A certificate for `hook.test`, signed by itself, valid until 2120. The key protects nothing but these tests.
final class TestCertificate: Sendable {
    /// Where the certificate is: a client that trusts it, trusts nothing else.
    let path: String
    /// Where the key is.
    let keyPath: String
    private let files: [Scratch]

    init() throws {
        files = [try Scratch(), try Scratch()]
        (path, keyPath) = (files[0].path, files[1].path)
        try files[0].handle.write(contentsOf: Data(Self.pem.utf8))
        try files[1].handle.write(contentsOf: Data(Self.key.utf8))
    }

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpupOleRSdTLRs9nO
        /jz8kxR0xtjmoqA7WUaq70zrg/+hRANCAARRJvjPgWWoFl1J9Msd0/Q/vtBWPAlw
        w7WvpcWMy41BOdImzeR7SEJAIgUtEWTQRAhTUhc2DOQkwMXktj1dzmnx
        -----END PRIVATE KEY-----
        """

    private static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBXzCCAQSgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlob29rLnRl
        c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
        CWhvb2sudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFEm+M+BZagWXUn0
        yx3T9D++0FY8CXDDta+lxYzLjUE50ibN5HtIQkAiBS0RZNBECFNSFzYM5CTAxeS2
        PV3OafGjRTBDMBQGA1UdEQQNMAuCCWhvb2sudGVzdDAMBgNVHRMBAf8EAjAAMB0G
        A1UdDgQWBBR0rbg8/PQdASjLsP7wuy2JnT1eNjAKBggqhkjOPQQDAgNJADBGAiEA
        0iyjr+RkIjdCA9Vnap/MWrA4oc9WiHb1hhG6hVJ6tb0CIQCYMvmAj38U46qsfkU6
        gNPAbe3tK0ZD2q86Iy1PsQ81uQ==
        -----END CERTIFICATE-----
        """
}
