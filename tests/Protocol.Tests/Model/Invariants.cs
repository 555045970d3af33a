namespace Migration.Protocol.Tests.Model;

/// <summary>What must hold in every state.</summary>
internal static class Invariants
{
    /// <returns>What is broken; null when nothing is.</returns>
    public static string? Broken(in World world, Scenario scenario)
        => OnceEach(world, scenario) ?? Ranges(world, scenario) ?? Counts(world, scenario) ?? Checks(world)
            ?? Blame(world, scenario) ?? Verdict(world, scenario) ?? KnownToReplay(world, scenario);

    /// <summary>What must hold where nothing more can happen.</summary>
    public static string? BrokenAtTheEnd(in World world)
    {
        for (var number = 0; number < World.MostSlices; number++)
        {
            if (world.Slices[number].State is SliceState.Queued or SliceState.Running)
                return $"slice {number} has no outcome and nothing more will happen to it";
        }

        return null;
    }

    private static string? OnceEach(in World world, Scenario scenario)
    {
        for (var record = 0; record < scenario.RecordCount; record++)
        {
            if (world.Records[record].Count > 1)
                return $"record {record} has {world.Records[record].Count} outcomes";
        }

        return null;
    }

    /// <summary>The slices cover every record once, each as many as its limit says, and have done with those before the checkpoint.</summary>
    private static string? Ranges(in World world, Scenario scenario)
    {
        var owners = new PerRecord<byte>();
        for (var number = 0; number < World.MostSlices; number++)
        {
            ref readonly var slice = ref world.Slices[number];
            if (slice.Limit != slice.End - slice.First)
                return $"slice {number} has {slice.End - slice.First} records and limit {slice.Limit}";
            for (var record = slice.First; record < slice.End; record++)
            {
                owners[record]++;
                if (world.Records[record].Count != (record < slice.Checkpoint ? 1 : 0))
                    return $"record {record} has {world.Records[record].Count} outcomes, and slice {number}'s checkpoint is {slice.Checkpoint}";
            }

            if (slice.State == SliceState.Completed && slice.Checkpoint != slice.End)
                return $"slice {number} is completed at {slice.Checkpoint}, and ends at {slice.End}";
        }

        for (var record = 0; record < scenario.RecordCount; record++)
        {
            if (owners[record] != 1)
                return $"record {record} is in {owners[record]} slices";
        }

        return null;
    }

    private static string? Counts(in World world, Scenario scenario)
    {
        var (read, written, quarantined, rows, kept) = (0, 0, 0, 0, 0);
        for (var number = 0; number < World.MostSlices; number++)
        {
            ref readonly var slice = ref world.Slices[number];
            if (slice.Read != slice.Checkpoint - slice.First)
                return $"slice {number} counts {slice.Read} read, and its checkpoint is {slice.Checkpoint}";
            read += slice.Read;
            written += slice.Written;
            quarantined += slice.Quarantined;
        }

        for (var record = 0; record < scenario.RecordCount; record++)
        {
            rows += world.Records[record].Rows;
            kept += world.Records[record].Quarantined;
        }

        return read == written + quarantined && written == rows && quarantined == kept
            ? null
            : $"{read} read, {written} written, {quarantined} quarantined are counted; there are {rows} rows and {kept} in quarantine";
    }

    /// <summary>The CHECK constraints of <c>migration.slice</c>: a statement that breaks one fails, and its worker ends.</summary>
    private static string? Checks(in World world)
    {
        for (var number = 0; number < World.MostSlices; number++)
        {
            ref readonly var slice = ref world.Slices[number];
            if (slice.Silent > slice.Stalled)
                return $"slice {number} has {slice.Silent} silent and {slice.Stalled} stalled attempts: CHECK silence_is_a_way_to_stall";
            if (slice.IsWaiting && (slice.State != SliceState.Running || slice.Silent == 0))
                return $"slice {number} waits and is no suspect in hand: CHECK waiting_has_an_owner";
            if (slice.State == SliceState.Running != (slice.Owner != Owner.None))
                return $"slice {number} is {slice.State} with owner {slice.Owner}: CHECK running_has_an_owner";
        }

        return null;
    }

    /// <summary>
    /// Each death counts once, and in no scenario do as many workers die, or seem to, for other reasons as a record that is
    /// alone is given attempts.
    /// </summary>
    private static string? Blame(in World world, Scenario scenario)
    {
        for (var record = 0; record < scenario.RecordCount; record++)
        {
            if (world.Records[record].IsBlamed && (scenario.FlawOf(record) is Flaw.None or Flaw.Malformed))
                return $"record {record} is quarantined for killing workers, and it does not";
        }

        return null;
    }

    /// <summary><c>RunVerdict</c>, from the ledger alone.</summary>
    private static string? Verdict(in World world, Scenario scenario)
    {
        var (limits, isComplete) = (0, true);
        for (var number = 0; number < World.MostSlices; number++)
        {
            limits += world.Slices[number].Limit;
            isComplete &= world.Slices[number].State is SliceState.None or SliceState.Completed;
        }

        if (!isComplete || limits != scenario.RecordCount)
            return null;
        for (var record = 0; record < scenario.RecordCount; record++)
        {
            if (world.Records[record].Count != 1)
                return $"the run may be called complete, and record {record} has {world.Records[record].Count} outcomes";
        }

        return null;
    }

    /// <summary>Where replay asks the error queue alone, a failed slice must have a letter in it.</summary>
    private static string? KnownToReplay(in World world, Scenario scenario)
    {
        if (scenario.Mutation != Mutation.ReplayByErrorQueueAlone)
            return null;
        for (var number = 0; number < World.MostSlices; number++)
        {
            if (world.Slices[number] is { State: SliceState.Failed, DeadLetters: 0 } && !IsInHand(world, number))
                return $"slice {number} gave up, and no dead letter tells of it";
        }

        return null;
    }

    private static bool IsInHand(in World world, int number)
    {
        var isHeld = world.Replay.Step == ReplayStep.Taken && world.Replay.Slice == number;
        for (var n = 0; n < World.MostHands; n++)
            isHeld |= world.Hands[n].Step != Step.Idle && world.Hands[n].Slice == number;
        return isHeld;
    }
}
