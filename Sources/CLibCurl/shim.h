#ifndef HELIOGRAPH_CLIBCURL_SHIM_H
#define HELIOGRAPH_CLIBCURL_SHIM_H

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>

/* CURLOPT_PREREQFUNCTION came with 7.80. */
#if LIBCURL_VERSION_NUM < 0x075000
#error "Heliograph needs libcurl 7.80 or later: install a newer libcurl4-openssl-dev (Debian) or curl (Homebrew)"
#endif

/* Swift calls no function that takes `...`: here is one for each type of argument. */

static inline CURLcode heliograph_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode heliograph_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode heliograph_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

/* For options that take an object, such as a list, a buffer, or what a callback is given. */
static inline CURLcode heliograph_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode heliograph_curl_set_write_callback(CURL *easy, CURLoption option, curl_write_callback value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode heliograph_curl_set_socket_callback(
    CURL *easy, CURLoption option, curl_opensocket_callback value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode heliograph_curl_set_close_callback(
    CURL *easy, CURLoption option, curl_closesocket_callback value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode heliograph_curl_set_request_callback(
    CURL *easy, CURLoption option, curl_prereq_callback value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode heliograph_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode heliograph_curl_set_multi_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/* The option of the one version is deprecated in the next. */
static inline CURLcode heliograph_curl_allow_only_http(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* Of the libcurl that is loaded, such as 0x075801. */
static inline unsigned int heliograph_curl_version(void) {
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    return version == NULL ? 0 : version->version_num;
}

static inline int heliograph_curl_has_tls(void) {
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    return version != NULL && (version->features & CURL_VERSION_SSL) != 0;
}

/* The file of certificates that is trusted unless another one is set; NULL if there is none or it cannot be told. */
static inline const char *heliograph_curl_default_ca_file(CURL *easy) {
    const char *path = NULL;
#if LIBCURL_VERSION_NUM >= 0x075400
    if (curl_easy_getinfo(easy, CURLINFO_CAINFO, &path) != CURLE_OK) return NULL;
#else
    (void)easy;
#endif
    return path;
}

/* The member ends the structure and may be longer than it says, which Swift cannot express. */
static inline const struct sockaddr *heliograph_curl_address(const struct curl_sockaddr *address) {
    return &address->addr;
}

/* What libcurl does itself, except that programs which this one starts do not inherit the socket. */
static inline curl_socket_t heliograph_curl_open_socket(const struct curl_sockaddr *address) {
#ifdef SOCK_CLOEXEC
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
    curl_socket_t descriptor = socket(address->family, address->socktype, address->protocol);
    if (descriptor != CURL_SOCKET_BAD) (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return descriptor;
#endif
}

#endif
