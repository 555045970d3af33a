# Both programs in one image: `coordinator` and `worker` are on PATH. Not root, nothing written but to /tmp.
#
#   docker build -t migration:0.1.0 .
#
# The SDK comes from the archive of BASE_IMAGE's distribution; with an image that has it already, such as Microsoft's:
# --build-arg SDK_IMAGE=... The programs bring their runtime along. What they ask of RUNTIME_IMAGE is glibc, libstdc++,
# OpenSSL, Kerberos' library and the certificates of authorities: Microsoft's runtime-deps have them, the chiseled ones without a shell too.
ARG BASE_IMAGE=ubuntu:26.04
ARG SDK_IMAGE=sdk
ARG RUNTIME_IMAGE=runtime

FROM ${BASE_IMAGE} AS sdk
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates dotnet-sdk-10.0 && rm -rf /var/lib/apt/lists/*

FROM ${BASE_IMAGE} AS runtime
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libgssapi-krb5-2 libssl3t64 libstdc++6 && rm -rf /var/lib/apt/lists/*

FROM ${SDK_IMAGE} AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
# Packages first: they change less often than the code, and are then taken from the cache.
COPY .editorconfig Directory.Build.props Directory.Packages.props global.json ./
COPY Contracts/Contracts.csproj Contracts/packages.lock.json Contracts/
COPY Worker/Worker.csproj Worker/packages.lock.json Worker/
COPY Coordinator/Coordinator.csproj Coordinator/packages.lock.json Coordinator/
RUN dotnet restore Coordinator --locked-mode -p:ForImage=true
COPY Contracts/ Contracts/
COPY Worker/ Worker/
COPY Coordinator/ Coordinator/
# The worker comes along as a program of its own, of the same build. ForImage (Directory.Build.props) compiles all of it
# ahead, the runtime too: a start costs half, and so do the first hundred thousands of records of every pod.
RUN dotnet publish Coordinator -c Release --no-restore -o /app -p:ForImage=true

FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="migration" \
      org.opencontainers.image.description="Moves MongoDB and Amazon DocumentDB collections into PostgreSQL" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /app/ /app/
COPY LICENSE /app/
ENV PATH=/app:$PATH HOME=/tmp
USER 10001:10001
WORKDIR /tmp
CMD ["coordinator", "--help"]
