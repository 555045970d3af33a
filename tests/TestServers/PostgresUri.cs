using Npgsql;

namespace Migration.TestServers;

/// <summary>postgres://user:password@host:port/database?Keyword=value as an Npgsql connection string.</summary>
public static class PostgresUri
{
    public static string ToConnectionString(Uri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (uri.Scheme is not ("postgres" or "postgresql"))
        {
            throw new ArgumentException($"'{uri.Scheme}://' is not a PostgreSQL address; expected postgres://.", nameof(uri));
        }

        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host, Port = uri.Port < 0 ? 5432 : uri.Port };
        AddAccount(builder, uri.UserInfo);
        var database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        builder.Database = database.Length == 0 ? null : database;
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (keyword, value) = Halves(pair, '=');
            builder[keyword] = value;
        }

        return builder.ConnectionString;
    }

    private static void AddAccount(NpgsqlConnectionStringBuilder builder, string account)
    {
        var (user, password) = Halves(account, ':');
        builder.Username = user.Length == 0 ? null : user;
        builder.Password = password.Length == 0 ? null : password;
    }

    private static (string Left, string Right) Halves(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0
            ? (Uri.UnescapeDataString(text), "")
            : (Uri.UnescapeDataString(text[..at]), Uri.UnescapeDataString(text[(at + 1)..]));
    }
}
