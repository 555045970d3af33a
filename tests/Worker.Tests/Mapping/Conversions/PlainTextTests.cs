using System.Text;
using System.Text.Json;
using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Mapping.Conversions;

/// <summary>Every byte at every place of texts of every length that takes a way of its own, and a few steps beyond.</summary>
public sealed class PlainTextTests
{
    private const int Longest = 50;

    [Fact]
    public void Text_is_plain_when_it_is_ASCII_without_a_zero() => ForEveryByte(
        (text, changed) => Assert.Equal(changed is > 0 and < 0x80, PlainText.IsText(text)));

    [Fact]
    public void A_JSON_string_is_plain_when_it_is_ASCII_without_escapes() => ForEveryByte(
        (text, changed) => Assert.Equal(changed is >= 0x20 and < 0x80 and not (byte)'"' and not (byte)'\\', PlainText.IsJson(text)));

    [Fact]
    public void Nothing_is_plain()
    {
        Assert.True(PlainText.IsText([]));
        Assert.True(PlainText.IsJson([]));
    }

    [Fact]
    public void A_text_column_refuses_what_is_no_text_wherever_it_stands() => ForEveryByte(
        (text, changed) =>
        {
            using var rows = new RowBuffer(64);
            var refusal = new TextConversion(null).Write(BsonType.String, Value(text), rows);
            Assert.Same(changed == 0 ? Refusal.NulInText : changed >= 0x80 ? Refusal.InvalidUtf8 : null, refusal);
            if (refusal is null) Assert.Equal(text, rows.From(sizeof(int)));
        });

    [Fact]
    public void A_json_column_says_the_same_text_wherever_a_character_is_escaped() => ForEveryByte(
        (text, changed) =>
        {
            using var rows = new RowBuffer(64);
            var refusal = new JsonConversion(JsonForm.Json).Write(BsonType.String, Value(text), rows);
            Assert.Same(changed >= 0x80 ? Refusal.InvalidUtf8 : null, refusal);
            if (refusal is null) Assert.Equal(Encoding.UTF8.GetString(text), JsonSerializer.Deserialize<string>(rows.From(sizeof(int))));
        });

    private static byte[] Value(byte[] text) => [.. BitConverter.GetBytes(text.Length + 1), .. text, 0];

    private static void ForEveryByte(Action<byte[], byte> check)
    {
        for (var length = 1; length <= Longest; length++)
        {
            var text = Encoding.ASCII.GetBytes(new string('x', length));
            for (var place = 0; place < length; place++)
            {
                for (var value = 0; value <= byte.MaxValue; value++)
                {
                    text[place] = (byte)value;
                    check(text, (byte)value);
                }

                text[place] = (byte)'x';
            }
        }
    }
}
