using System.Net;

namespace Migration.Worker.Enrichment.Rehosting;

/// <summary>A link leads where links may not lead.</summary>
internal sealed class ForbiddenAddressException(string host, IPAddress? address) : Exception(
    address is null
        ? $"the host {host} has no address"
        : $"the host {host} has the address {address}, where links may not lead; the step's 'allow' opens it");
