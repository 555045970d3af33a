using Migration.Protocol.Tests.Model;

namespace Migration.Protocol.Tests;

internal static class Scenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("no fault", [2, 2], Workers: 2, AtATime: 1, Batch: 1, new Faults()),
        new("crash 1 cut 1 lost 1", [2], Workers: 2, AtATime: 1, Batch: 1, new Faults { Crashes = 1, Cuts = 1, LostAnswers = 1 }) { MaxAttempts = 3 },
        new("pause, cut, lost 2", [2], Workers: 2, AtATime: 1, Batch: 1, new Faults { Pauses = 1, Cuts = 1, LostAnswers = 2 }) { MaxAttempts = 3 },
        new("lost 3 purge 1", [2], Workers: 2, AtATime: 1, Batch: 1, new Faults { Purges = 1, LostAnswers = 3 }) { MaxAttempts = 2 },
        new("two in hand cut lost", [3], Workers: 1, AtATime: 2, Batch: 1, new Faults { Cuts = 2, LostAnswers = 2, Copies = 1 }) { MaxAttempts = 3 },
        new("err replay restart", [2, 1], Workers: 2, AtATime: 1, Batch: 1, new Faults { Errors = 2, Restarts = 2, Crashes = 1 }) { MaxAttempts = 1, Replays = 2, KnowsKillers = false },
        new("everything once 1 slice", [3], Workers: 2, AtATime: 1, Batch: 2, new Faults { Crashes = 1, LostAnswers = 1, Cuts = 1, Copies = 1, Purges = 1, Pauses = 1, Errors = 1, Restarts = 1 }) { MaxAttempts = 4, Replays = 1 },
        new("poison pure", [4], Workers: 2, AtATime: 1, Batch: 2, new Faults()) { Flaws = [Flaw.None, Flaw.None, Flaw.Kills] },
        new("poison crash cut", [4], Workers: 2, AtATime: 1, Batch: 2, new Faults { Crashes = 1, Cuts = 1 }) { Flaws = [Flaw.None, Flaw.Kills, Flaw.None, Flaw.Malformed], KnowsKillers = false },
        new("poison pause lost", [3], Workers: 2, AtATime: 1, Batch: 2, new Faults { Pauses = 1, LostAnswers = 1 }) { Flaws = [Flaw.None, Flaw.Kills], MaxAttempts = 2 },
        new("hang, two", [3], Workers: 2, AtATime: 1, Batch: 2, new Faults { Crashes = 1, LostAnswers = 1 }) { Flaws = [Flaw.None, Flaw.Hangs], MaxAttempts = 2 },
        new("poison 2 slots", [2, 2], Workers: 1, AtATime: 2, Batch: 2, new Faults()) { Flaws = [Flaw.None, Flaw.Kills] },
        new("poison 2x2 slots", [2, 1], Workers: 2, AtATime: 2, Batch: 2, new Faults()) { Flaws = [Flaw.None, Flaw.Kills] },
        new("kills readers", [2], Workers: 2, AtATime: 1, Batch: 1, new Faults { Crashes = 1 }) { Flaws = [Flaw.None, Flaw.KillsReaders], MaxAttempts = 1, Replays = 1 , KnowsKillers = false },
    ];
}
