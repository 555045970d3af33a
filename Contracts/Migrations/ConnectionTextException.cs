namespace Migration.Contracts.Migrations;

/// <summary>A connection text that cannot be used. The message never repeats the text, nor any part of it that may be secret.</summary>
public sealed class ConnectionTextException(string message) : FormatException(message);
