using Migration.Protocol.Tests.Model;

namespace Migration.Protocol.Tests;

/// <summary>What is searched through in full. Together they take some seconds; docs/protocol.md lists what they came to.</summary>
/// <remarks>The numbers behind the slices: workers, slices that each has in hand at a time, records of a page.</remarks>
internal static class Scenarios
{
    private static readonly Flaw[] s_secondKills = [Flaw.None, Flaw.Kills];

    /// <summary>The program as it is.</summary>
    public static IReadOnlyList<Scenario> AsItIs { get; } =
    [
        new("nothing goes wrong", [2, 2], 2, 1, 1, new Faults()),
        new("crash and cut", [2], 2, 1, 1, new Faults { Crashes = 1, Cuts = 1 }) { MaxAttempts = 4 },
        new("two crashes", [3], 2, 1, 2, new Faults { Crashes = 2 }) { MaxAttempts = 3 },
        new("crash and lost answer", [2], 2, 1, 1, new Faults { Crashes = 1, LostAnswers = 1 }) { MaxAttempts = 4 },
        new("zombie and lost answer", [3], 2, 1, 2, new Faults { Pauses = 1, LostAnswers = 1 }) { MaxAttempts = 4 },
        new("two zombies", [3], 2, 1, 2, new Faults { Pauses = 2 }) { MaxAttempts = 1 },
        new("zombie and cut", [3], 2, 1, 2, new Faults { Pauses = 1, Cuts = 1 }) { MaxAttempts = 3 },
        new("crash, purge and copy", [2, 1], 2, 1, 1, new Faults { Crashes = 1, Purges = 1, Copies = 1 }) { MaxAttempts = 4 },
        new("zombie, purge and copy", [2], 2, 1, 1, new Faults { Pauses = 1, Purges = 1, Copies = 1 }) { MaxAttempts = 4 },
        new("two in hand, two cuts and a copy", [3], 1, 2, 1, new Faults { Cuts = 2, Copies = 1 }) { MaxAttempts = 3, MayGoRound = true },
        new("errors and replay", [2, 1], 2, 1, 2, new Faults { Errors = 2, Restarts = 1 }) { Replays = 2 },
        new("errors, replay and crash", [2], 2, 1, 1, new Faults { Errors = 1, Restarts = 2, Crashes = 1 }) { Replays = 2 },
        new("killer", [4], 2, 1, 2, new Faults()) { Flaws = [Flaw.Malformed, Flaw.None, Flaw.Kills], MaxAttempts = 2 },
        new("killer and crash", [2], 2, 1, 2, new Faults { Crashes = 1 }) { Flaws = s_secondKills },
        new("killer and zombie", [2], 2, 1, 2, new Faults { Pauses = 1 }) { Flaws = s_secondKills },
        new("killer and cut", [2], 2, 1, 2, new Faults { Cuts = 1 }) { Flaws = s_secondKills },
        new("killer and lost answer", [3], 2, 1, 2, new Faults { LostAnswers = 1 }) { Flaws = s_secondKills },
        new("killer beside an innocent", [1, 1], 1, 2, 2, new Faults()) { Flaws = s_secondKills, MaxAttempts = 2 },
        new("hanging record and crash", [3], 2, 1, 1, new Faults { Crashes = 1 }) { Flaws = [Flaw.None, Flaw.Hangs], MaxAttempts = 2 },
        new("killer of readers", [2], 2, 1, 1, new Faults()) { Flaws = [Flaw.None, Flaw.KillsReaders], Replays = 1 },
    ];

    /// <summary>What only holds because of <see cref="Scenario.LetsGo"/>.</summary>
    public static IReadOnlyList<Scenario> LettingGo { get; } =
    [
        new("lost answers", [3], 1, 1, 1, new Faults { LostAnswers = 4 }) { MaxAttempts = 2 },
        new("lost answers, cut, purge and error", [2], 2, 1, 1, new Faults { LostAnswers = 2, Cuts = 1, Purges = 1, Errors = 1 }) { MaxAttempts = 2 },
        new("the same with two in hand", [2], 1, 2, 1, new Faults { LostAnswers = 2, Cuts = 1, Purges = 1, Errors = 1 }) { MaxAttempts = 2, MayGoRound = true },
        new("hanging record and cut", [2], 2, 1, 1, new Faults { Cuts = 1 }) { Flaws = [Flaw.None, Flaw.Hangs], MaxAttempts = 1 },
        new("one of each but a purge", [1], 2, 1, 1, new Faults { Crashes = 1, LostAnswers = 1, Cuts = 1, Pauses = 1, Errors = 1 }) { MaxAttempts = 5 },
        new("crash, lost answer, cut and purge", [2], 2, 1, 1, new Faults { Crashes = 1, LostAnswers = 1, Cuts = 1, Purges = 1 }) { MaxAttempts = 5 },
    ];
}
