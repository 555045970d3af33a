using CsCheck;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Contracts.Tests.Migrations;

public sealed class ConnectionTextTests
{
    // Every character that has a meaning in a URI, a connection string or YAML, and letters that no host below has.
    private static readonly Gen<string> Secrets =
        Gen.Char["ZQXJ12@:/?#%&=;,'\" []{}\\"].Array[6, 12].Select(c => new string(c))
            .Where(s => s.Count(char.IsAsciiLetterUpper) >= 3);

    private static readonly string[] Shapes =
    [
        "mongodb://reader:{0}@mongo:27017/shop", "mongodb+srv://reader:{0}@mongo/shop?w=majority",
        "mongodb://reader:{0}@a:1,b:2/shop", "postgres://reader:{0}@pg:5432/shop?sslmode=require",
        "postgresql://reader:{0}@pg/shop", "amqp://reader:{0}@rabbit:5672/%2F", "amqps://reader:{0}@rabbit",
        "Host=pg;Username=reader;Password={0};Database=shop", "Host=pg;Password='{0}'", "Password=\"{0}\";Host=pg",
    ];

    [Theory]
    [InlineData("mongodb://u:p@h:27017/shop?authSource=admin", "mongodb://u@h:27017/shop")]
    [InlineData("MongoDB://u:p@h1:1,h2:2,h3/shop", "mongodb://u@h1:1,h2:2,h3/shop")]
    [InlineData("mongodb+srv://u:p@cluster.example.net", "mongodb+srv://u@cluster.example.net")]
    [InlineData("mongodb://%2Ftmp%2Fmongodb-27017.sock/shop", "mongodb://%2Ftmp%2Fmongodb-27017.sock/shop")]
    [InlineData("postgres://u:p@h/db?sslmode=require", "postgres://u@h/db")]
    [InlineData("postgresql://u@[::1]:5432/db", "postgresql://u@[::1]:5432/db")]
    [InlineData("Host=h;Port=5433;Username=u;Password=p;Database=db", "postgresql://u@h:5433/db")]
    [InlineData("Server=h;User Id=u;Pwd=p", "postgresql://u@h")]
    [InlineData("Host=/var/run/postgresql;Database=db", "postgresql://%2Fvar%2Frun%2Fpostgresql/db")]
    [InlineData("amqp://u:p@h:5672/vhost", "amqp://u@h:5672/vhost")]
    [InlineData("amqps://h", "amqps://h")]
    [InlineData("/data/dump/shop", "/data/dump/shop")]
    [InlineData("products.bson.gz", "products.bson.gz")]
    [InlineData("/data/day=1/dump", "/data/day=1/dump")]
    public void A_connection_is_shown_by_scheme_user_host_and_database(string text, string shown) =>
        Assert.Equal(shown, ConnectionText.Describe(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("hunter2")]
    [InlineData("mongodb:/u:hunter2@h")]
    [InlineData("mongodb://u:12/hunter2@h/db")]
    [InlineData("mongodb://u:12?hunter2@h/db")]
    [InlineData("postgres://u:1#hunter2@h/db")]
    [InlineData("postgres://u:hunter2@h:port/db")]
    [InlineData("mysql://u:hunter2@h/db")]
    [InlineData("Password=hunter2")]
    [InlineData("Host=h;Password=\"hunter2")]
    [InlineData("u:hunter2@h")]
    public void What_cannot_be_told_apart_from_a_secret_is_not_shown(string? text) =>
        Assert.Equal("(unreadable connection text)", ConnectionText.Describe(text));

    [Fact]
    public void No_text_makes_the_description_throw() => Gen.String.Sample(text => ConnectionText.Describe(text) is not null, iter: 10_000);

    [Fact]
    public void A_password_encoded_or_not_is_in_no_description_and_no_message() =>
        Gen.Select(Gen.Int[0, Shapes.Length - 1].Select(i => Shapes[i]), Secrets, Gen.Bool, (shape, secret, encoded) => (Text: Filled(shape, secret, encoded), Secret: secret))
            .Sample(sample => Pieces(sample.Secret).All(piece => !Said(sample.Text).Contains(piece, StringComparison.Ordinal)), iter: 20_000);

    [Theory]
    [InlineData("postgres://u:p%40%3A%2F@h:5433/my%20db", "Host=h;Port=5433;Username=u;Password=p@:/;Database=my db")]
    [InlineData("postgresql://h", "Host=h")]
    [InlineData("postgres://[::1]:5433/db", "Host=::1;Port=5433;Database=db")]
    [InlineData("postgres://a:1,b:2/db", "Host=a:1,b:2;Database=db")]
    [InlineData("postgres:///db?host=h&user=u", "Database=db;Host=h;Username=u")]
    [InlineData("postgres://h/?sslmode=verify-full&application_name=a%20b&connect_timeout=7", "Host=h;SSL Mode=VerifyFull;Application Name=a b;Timeout=7")]
    [InlineData("postgres://h/?target_session_attrs=read-write&load_balance_hosts=random", "Host=h;Target Session Attributes=read-write;Load Balance Hosts=True")]
    [InlineData("postgres://h/?keepalives=1&keepalives_idle=30&options=-c%20jit%3Doff", "Host=h;TCP Keepalive=True;TCP Keepalive Time=30;Options=-c jit=off")]
    [InlineData("postgres://h/?sslrootcert=/ca.pem&Maximum%20Pool%20Size=5", "Host=h;Root Certificate=/ca.pem;Maximum Pool Size=5")]
    public void A_uri_becomes_a_connection_string(string uri, string expected) =>
        Assert.Equivalent(new NpgsqlConnectionStringBuilder(expected), new NpgsqlConnectionStringBuilder(ConnectionText.ToNpgsql(uri)), strict: true);

    [Fact]
    public void Every_libpq_option_that_is_translated_is_known_to_Npgsql()
    {
        string[] options =
        [
            "host=h", "port=1", "user=u", "password=p", "dbname=d", "passfile=/p", "application_name=a", "connect_timeout=1", "client_encoding=UTF8",
            "options=o", "sslmode=prefer", "sslnegotiation=direct", "sslcert=c", "sslkey=k", "sslpassword=s", "sslrootcert=r", "channel_binding=require",
            "gssencmode=disable", "krbsrvname=k", "require_auth=scram-sha-256", "target_session_attrs=any", "load_balance_hosts=disable", "keepalives=0",
            "keepalives_idle=1", "keepalives_interval=1",
        ];

        Assert.All(options, option => Assert.NotEmpty(ConnectionText.ToNpgsql("postgres://h/d?" + option)));
    }

    [Fact]
    public void A_connection_string_comes_back_as_it_is() =>
        Assert.Equal("host=h; user id = u;Password='a;b'", ConnectionText.ToNpgsql("host=h; user id = u;Password='a;b'"));

    [Theory]
    [InlineData("postgres://u:hunter2@h/db?sslmod=require", "did you mean sslmode?")]
    [InlineData("postgres://u:hunter2@h/db?sslmode=maybe", "the value of the option sslmode")]
    [InlineData("postgres://u:hunter2%zz@h/db", "hexadecimal")]
    [InlineData("postgres://u:hunter2@/db", "no host")]
    [InlineData("postgres://u:hun/ter2@h/db", "%2F")]
    [InlineData("mysql://u:hunter2@h/db", "expected postgres://")]
    [InlineData("Host=h;Pasword=hunter2", "did you mean Password?")]
    [InlineData("Host=h;Port=hunter2", "the value of the option port")]
    [InlineData("hunter2", "neither as a URI nor as options")]
    public void A_wrong_connection_says_what_was_expected_and_no_secret(string text, string expected)
    {
        var refusal = Assert.Throws<ConnectionTextException>(() => ConnectionText.ToNpgsql(text));

        Assert.Contains(expected, refusal.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("hunter2", refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ter2", refusal.Message, StringComparison.Ordinal);
    }

    private static string Filled(string shape, string secret, bool encoded) =>
        shape.Replace("{0}", encoded ? Uri.EscapeDataString(secret) : secret, StringComparison.Ordinal);

    // A piece of two letters is as much a leak as the whole.
    private static IEnumerable<string> Pieces(string secret) =>
        Enumerable.Range(0, secret.Length - 1).Select(i => secret.Substring(i, 2)).Where(p => p.All(char.IsAsciiLetterUpper)).Append(secret);

    private static string Said(string text)
    {
        try
        {
            ConnectionText.ToNpgsql(text);
            return ConnectionText.Describe(text);
        }
        catch (ConnectionTextException e)
        {
            return ConnectionText.Describe(text) + e;
        }
    }
}
