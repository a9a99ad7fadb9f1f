# The Bookshop in one image: heliograph, bookshop-server and bookshop-worker.
#
#     docker build -t heliograph-bookshop .
#
# Where the programs are built already, an image that holds them in /out takes the place of the first stage, and no
# Swift image is needed: BuildKit leaves out a stage that nothing asks for.
#
#     tar -c out | docker import - heliograph-programs
#     docker build --build-arg PROGRAMS=heliograph-programs -t heliograph-bookshop .
#
# (An argument, not a named build context: those ask for an engine of 2023 or later.)
ARG PROGRAMS=build
ARG SWIFT_VERSION=6.3

FROM swift:${SWIFT_VERSION}-bookworm AS build
# pkg-config is how SwiftPM finds the libraries on Debian: their headers lie outside the compiler's default folders.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcurl4-openssl-dev libpq-dev libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The manifest alone first: a change of the sources does not fetch the dependencies again.
COPY Package.swift ./
RUN swift package resolve
COPY sql ./sql
COPY Sources ./Sources
# SwiftPM checks that each target of the manifest has its folder, also of those that are not built here.
COPY Tests ./Tests
COPY Benchmarks ./Benchmarks
# Swift's runtime goes into the programs, so that the runtime image needs none. One product a call: SwiftPM takes no more.
RUN for product in heliograph bookshop-server bookshop-worker; do \
        swift build --configuration release --static-swift-stdlib --product "$product" || exit 1; \
    done \
    && mkdir /out \
    && cd "$(swift build --configuration release --static-swift-stdlib --show-bin-path)" \
    && cp heliograph bookshop-server bookshop-worker /out/

FROM ${PROGRAMS} AS programs

FROM debian:bookworm-slim AS runtime
# An account of its own: nothing here needs root, and no file outside /tmp is written.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4 libpq5 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin bookshop
# Programs from a host's debug build bring their shared libraries along in the same folder and look for them there.
COPY --from=programs /out/ /opt/heliograph/
ENV PATH=/opt/heliograph:$PATH
USER bookshop
EXPOSE 8080
CMD ["bookshop-server"]
