using Migration.Protocol.Tests.Model;
using Migration.Protocol.Tests.Search;

namespace Migration.Protocol.Tests;

public sealed class ProtocolTests(ITestOutputHelper output)
{
    public static TheoryData<string> AsItIs => [.. Scenarios.AsItIs.Select(scenario => scenario.Name)];

    public static TheoryData<string> LettingGo => [.. Scenarios.LettingGo.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(AsItIs))]
    public void Each_record_ends_in_one_place_and_each_run_can_end(string scenario)
        => Holds(Scenarios.AsItIs.Single(s => s.Name == scenario));

    [Theory]
    [MemberData(nameof(LettingGo))]
    public void So_it_does_under_more_faults_where_workers_let_go_of_what_they_lost(string scenario)
        => Holds(Scenarios.LettingGo.Single(s => s.Name == scenario));

    /// <summary>Taking one for all states that differ only in which worker is which must not hide anything.</summary>
    [Theory]
    [InlineData("zombie and cut")]
    [InlineData("two zombies")]
    [InlineData("killer beside an innocent")]
    [InlineData("hanging record and crash")]
    public void Telling_workers_apart_changes_the_number_of_states_and_nothing_else(string name)
    {
        var scenario = Scenarios.AsItIs.Single(s => s.Name == name);
        var (alike, apart) = (Explorer.Explore(scenario), Explorer.Explore(scenario, 1_500_000, named: true));
        output.WriteLine($"{alike}\n{apart}");
        Assert.Equal((alike.Broken, alike.MostDeaths, alike.LongestHistory), (apart.Broken, apart.MostDeaths, apart.LongestHistory));
        Assert.InRange(apart.States, alike.States + 1, 2 * alike.States);
    }

    private void Holds(Scenario scenario)
    {
        var finding = Explorer.Explore(scenario);
        output.WriteLine(finding.ToString());
        Assert.True(finding.Broken is null, finding.ToString());
    }
}
