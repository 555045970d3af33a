# Both programs in one image: `coordinator` and `worker` are on PATH. No shell, not root, nothing written but to /tmp.
#
#   docker build -t migration:0.1.0 .
#
# The base images may come from elsewhere: --build-arg SDK_IMAGE=... --build-arg RUNTIME_IMAGE=...
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled

FROM ${SDK_IMAGE} AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
# Packages first: they change less often than the code, and are then taken from the cache.
COPY .editorconfig Directory.Build.props Directory.Packages.props global.json ./
COPY Contracts/Contracts.csproj Contracts/packages.lock.json Contracts/
COPY Worker/Worker.csproj Worker/packages.lock.json Worker/
COPY Coordinator/Coordinator.csproj Coordinator/packages.lock.json Coordinator/
RUN dotnet restore Coordinator --locked-mode
COPY Contracts/ Contracts/
COPY Worker/ Worker/
COPY Coordinator/ Coordinator/
# The worker comes along as a program of its own, of the same build.
RUN dotnet publish Coordinator -c Release --no-restore -o /app -p:PublishDocumentationFiles=false

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
