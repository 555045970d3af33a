using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Migration.Contracts.Migrations;

/// <summary>An address of a host or a network as a document's text or a migration file gives it.</summary>
public static class ColumnNetwork
{
    /// <summary>Bytes of the longest address.</summary>
    public const int LongestAddress = 16;

    private const int LongestText = 45;
    private const int BytesOfIPv4 = 4;

    private static readonly SearchValues<byte> MarksOfIPv6 = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    /// <summary>
    /// A whole IPv4 or IPv6 address, perhaps with <c>/bits</c>. Abbreviated ones, ports and zones are none, nor is an IPv4
    /// number that begins with a zero, which some read as octal.
    /// </summary>
    /// <param name="utf8">The text.</param>
    /// <param name="address">Room for <see cref="LongestAddress"/> bytes.</param>
    /// <param name="length">Bytes of the address: 4 or 16.</param>
    /// <param name="bits">Of the network; all of the address where the text does not say.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8, Span<byte> address, out int length, out int bits)
    {
        bits = 0;
        var slash = utf8.IndexOf((byte)'/');
        var host = slash < 0 ? utf8 : utf8[..slash];
        length = host.Contains((byte)':') ? ReadIPv6(host, address) : ReadIPv4(host, address);
        if (length == 0)
        {
            return false;
        }

        bits = length * 8;
        return slash < 0 || TryBits(utf8[(slash + 1)..], ref bits);
    }

    /// <summary>True when the address names a host in its network, which <c>cidr</c> cannot hold.</summary>
    public static bool HasHostBits(ReadOnlySpan<byte> address, int bits)
    {
        for (var i = bits / 8; i < address.Length; i++)
        {
            var mask = i == bits / 8 ? 0xFF >> (bits % 8) : 0xFF;
            if ((address[i] & mask) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>As it is read; the bits where they are not the whole address, and always when asked for.</summary>
    public static string Format(ReadOnlySpan<byte> address, int bits, bool alwaysBits)
    {
        var host = new IPAddress(address).ToString();
        return bits == address.Length * 8 && !alwaysBits ? host : string.Create(CultureInfo.InvariantCulture, $"{host}/{bits}");
    }

    private static bool TryBits(ReadOnlySpan<byte> text, ref int bits)
    {
        var highest = bits;
        var reader = new DigitReader(text);
        var isRead = text.Length <= 3 && reader.TryNumber(out var number) && reader.IsAtEnd && number <= highest;
        bits = isRead ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        return isRead;
    }

    private static int ReadIPv4(ReadOnlySpan<byte> text, Span<byte> address)
    {
        var reader = new DigitReader(text);
        var digits = 0;
        for (var i = 0; i < BytesOfIPv4; i++)
        {
            if ((i > 0 && !reader.Take((byte)'.')) || !reader.TryNumber(out var number) || number > byte.MaxValue)
            {
                return 0;
            }

            address[i] = (byte)number;
            digits += number > 99 ? 3 : number > 9 ? 2 : 1;
        }

        // More characters than the numbers need are leading zeros.
        return reader.IsAtEnd && text.Length == digits + 3 ? BytesOfIPv4 : 0;
    }

    private static int ReadIPv6(ReadOnlySpan<byte> text, Span<byte> address)
    {
        // The parser would also take a zone, brackets and a port.
        if (text.Length > LongestText || text.ContainsAnyExcept(MarksOfIPv6))
        {
            return 0;
        }

        return IPAddress.TryParse(Encoding.ASCII.GetString(text), out var parsed) && parsed.AddressFamily == AddressFamily.InterNetworkV6
            && parsed.TryWriteBytes(address, out var length)
            ? length
            : 0;
    }
}
