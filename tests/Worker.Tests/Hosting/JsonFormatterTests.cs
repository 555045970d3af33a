using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Migration.Worker.Hosting;

namespace Migration.Worker.Tests.Hosting;

public sealed class JsonFormatterTests
{
    private readonly LoggerExternalScopeProvider _scopes = new();

    [Fact]
    public void A_slice_is_told_by_members_of_its_own()
    {
        using var outer = _scopes.Push(new Dictionary<string, object?> { ["Run"] = "other", ["{OriginalFormat}"] = "x" });
        using var slice = _scopes.Push(new Dictionary<string, object?> { ["Run"] = "shop", ["Collection"] = "products", ["Slice"] = 42 });

        var json = Format(LogLevel.Warning, "attempt 2 failed:\n\"why\"", null);

        Assert.Equal("2026-01-02T03:04:05.678Z", json.GetProperty("time").GetString());
        Assert.Equal("warning", json.GetProperty("level").GetString());
        Assert.Equal("attempt 2 failed: \"why\"", json.GetProperty("message").GetString());
        Assert.Equal("shop", json.GetProperty("run").GetString());
        Assert.Equal("products", json.GetProperty("collection").GetString());
        Assert.Equal(42, json.GetProperty("slice").GetInt32());
        Assert.Equal(2106, json.GetProperty("event").GetInt32());
        Assert.Equal("Category", json.GetProperty("category").GetString());
        Assert.False(json.TryGetProperty("error", out _));
    }

    [Fact]
    public void An_exception_is_told_with_its_stack_on_the_same_line()
    {
        var json = Format(LogLevel.Error, "broken", new InvalidOperationException("first\nsecond"));

        Assert.Equal("first", json.GetProperty("error").GetString());
        Assert.Contains("InvalidOperationException", json.GetProperty("stack").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"time":"x","message":"it says"}""", "it says")]
    [InlineData("""{"time":"x"}""", """{"time":"x"}""")]
    [InlineData("{ no json", "{ no json")]
    [InlineData("a line", "a line")]
    public void The_message_of_a_line_is_found(string line, string message) => Assert.Equal(message, JsonLine.MessageOf(line));

    private JsonElement Format(LogLevel level, string message, Exception? exception)
    {
        using var output = new StringWriter();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));
        new JsonFormatter(time).Write(
            new LogEntry<string>(level, "Category", 2106, message, exception, (state, _) => state), _scopes, output);
        Assert.Single(output.ToString().TrimEnd('\n').Split('\n'));
        return JsonDocument.Parse(output.ToString()).RootElement;
    }
}
