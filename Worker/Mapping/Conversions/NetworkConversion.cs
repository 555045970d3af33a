using Migration.Contracts.Migrations;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>inet and cidr: a text that is an address.</summary>
internal sealed class NetworkConversion(bool isCidr) : ColumnConversion
{
    // As network_recv (src/backend/utils/adt/network.c) takes it: family, bits, whether a cidr, bytes of the address, address.
    private const int HeaderSize = 4;
    private const int LengthOfIPv4 = 4;
    private const byte IPv4 = 2;
    private const byte IPv6 = 3;

    private static readonly Refusal NoAddress = new(SqlStates.InvalidText, "needs a whole IPv4 or IPv6 address", Advice.ChangeType);

    private static readonly Refusal HostBits =
        new(SqlStates.InvalidText, "holds networks only, and this has bits set behind its network", Advice.UseInet);

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (type is not (BsonType.String or BsonType.Symbol)) return Refusal.WrongType;
        Span<byte> room = stackalloc byte[ColumnNetwork.LongestAddress];
        if (!ColumnNetwork.TryParse(BsonSpanReader.TextOf(value), room, out var length, out var bits)) return NoAddress;
        var address = room[..length];
        if (isCidr && ColumnNetwork.HasHostBits(address, bits)) return HostBits;
        var field = rows.AppendField(HeaderSize + length);
        field[0] = length == LengthOfIPv4 ? IPv4 : IPv6;
        field[1] = (byte)bits;
        field[2] = isCidr ? (byte)1 : (byte)0;
        field[3] = (byte)length;
        address.CopyTo(field[HeaderSize..]);
        return null;
    }

    /// <summary>The address of a field, as text.</summary>
    public static string Read(ReadOnlySpan<byte> field, bool alwaysBits) => ColumnNetwork.Format(field[HeaderSize..], field[1], alwaysBits);
}
