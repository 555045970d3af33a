using Migration.Protocol.Tests.Model;
using Migration.Protocol.Tests.Search;

namespace Migration.Protocol.Tests;

public sealed class ProtocolTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. Scenarios.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_record_ends_in_one_place_and_every_history_ends(string name)
    {
        var finding = Explorer.Explore(Scenarios.All.Single(scenario => scenario.Name == name));
        output.WriteLine(finding.ToString());
        Assert.True(finding.Broken is null, finding.ToString());
    }
}
