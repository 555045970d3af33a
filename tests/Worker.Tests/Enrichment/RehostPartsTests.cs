using System.Net;
using System.Text;
using Migration.Worker.Enrichment.Rehosting;

namespace Migration.Worker.Tests.Enrichment;

public sealed class RehostPartsTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.9.1")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:7f00:1::")]
    [InlineData("ff02::1")]
    public void Addresses_that_are_not_the_world_s_are_closed(string address)
        => Assert.False(new AddressGuard([]).IsOpen("images.example", IPAddress.Parse(address)));

    [Theory]
    [InlineData("93.184.215.14")]
    [InlineData("172.32.0.1")]
    [InlineData("2606:2800:21f:cb07::1")]
    public void The_world_s_addresses_are_open(string address)
        => Assert.True(new AddressGuard([]).IsOpen("images.example", IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.1.0.0/16", "images.example", "10.1.2.3", true)]
    [InlineData("10.1.0.0/16", "images.example", "10.2.2.3", false)]
    [InlineData("10.1.2.3", "images.example", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "images.example", "::ffff:10.1.2.3", true)]
    [InlineData("images.local", "Images.Local", "192.168.0.9", true)]
    [InlineData("images.local", "other.local", "192.168.0.9", false)]
    public void What_is_allowed_is_open_and_no_more(string allowed, string host, string address, bool isOpen)
        => Assert.Equal(isOpen, new AddressGuard([allowed]).IsOpen(host, IPAddress.Parse(address)));

    [Theory]
    [InlineData("image/jpeg", new byte[] { 0xFF, 0xD8, 0xFF, 0xE0 })]
    [InlineData("image/png", new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A })]
    [InlineData("application/octet-stream", new byte[] { 1, 2, 0, 4 })]
    [InlineData("application/octet-stream", new byte[] { 0xC3, 0x28, 0xC3 })]
    public void A_content_is_what_its_first_bytes_say(string type, byte[] head) => Assert.Equal(type, MediaTypes.Of(head).Type);

    [Theory]
    [InlineData("text/plain", "just words")]
    [InlineData("text/html", "  <!DOCTYPE html><html>")]
    [InlineData("image/svg+xml", "<?xml version='1.0'?><svg>")]
    [InlineData("application/pdf", "%PDF-1.7")]
    [InlineData("image/gif", "GIF89a...")]
    [InlineData("image/webp", "RIFF....WEBPVP8 ")]
    public void So_is_a_text(string type, string text) => Assert.Equal(type, MediaTypes.Of(Encoding.UTF8.GetBytes(text)).Type);

    [Theory]
    [InlineData(10)]
    [InlineData(1_000_000)]
    public async Task A_content_large_or_small_is_kept_whole_and_named_by_it(int bytes)
    {
        var source = new byte[bytes];
        new Random(1).NextBytes(source);
        await using var content = await Content.ReadAsync(new MemoryStream(source), bytes, TestContext.Current.CancellationToken);

        using var copy = new MemoryStream();
        await content!.Open().CopyToAsync(copy, TestContext.Current.CancellationToken);
        Assert.Equal(source, copy.ToArray());
        var digits = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(source));
        Assert.Equal($"{digits[..2]}/{digits}", content.Key);
        Assert.Null(await Content.ReadAsync(new MemoryStream(source), bytes - 1, TestContext.Current.CancellationToken));
    }
}
