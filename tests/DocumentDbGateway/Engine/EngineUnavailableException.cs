namespace Migration.DocumentDbGateway.Engine;

internal sealed class EngineUnavailableException(string message, Exception inner) : Exception(message, inner);
