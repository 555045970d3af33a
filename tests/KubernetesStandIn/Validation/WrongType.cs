namespace Migration.KubernetesStandIn.Validation;

/// <summary>A value of the wrong JSON type; the message is that of the API server's decoder.</summary>
internal sealed class WrongType(string message) : Exception(message);
