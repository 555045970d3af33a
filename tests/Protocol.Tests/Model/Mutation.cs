namespace Migration.Protocol.Tests.Model;

/// <summary>A guard taken away, so that the search has to find what it is good for.</summary>
public enum Mutation
{
    None,

    /// <summary>The commit names neither claim nor checkpoint, and asks for no state.</summary>
    NoFence,

    /// <summary>The commit names the checkpoint and not the claim.</summary>
    CheckpointOnly,

    /// <summary>The commit names the claim and not the checkpoint.</summary>
    ClaimOnly,

    /// <summary>The message is acknowledged when it is taken, and not when the ledger knows the outcome.</summary>
    AcknowledgeFirst,

    /// <summary>After a commit whose answer was lost the batch is written again under the same claim and checkpoint.</summary>
    RetryWithoutAsking,

    /// <summary>As <see cref="RetryWithoutAsking"/>, and the commit names the claim and not the checkpoint.</summary>
    RetryWithoutAskingClaimOnly,

    /// <summary>Handing back names no claim.</summary>
    HandBackAnyClaim,

    /// <summary>Cutting a slice names neither claim nor checkpoint, and asks for no state.</summary>
    SplitWithoutFence,

    /// <summary>Nobody looks after slices without an owner or without a message.</summary>
    NoReconcile,

    /// <summary>A dead letter is acknowledged before its slice is revived and sent.</summary>
    ReplayAcknowledgesFirst,

    /// <summary>As <see cref="ReplayAcknowledgesFirst"/>, and replay asks the error queue alone what gave up.</summary>
    ReplayByErrorQueueAlone,

    /// <summary>An attempt that hung after a commit counts as silent and not as stalled.</summary>
    SilentWithoutStalled,

    /// <summary>A suspect is worked on side by side with others.</summary>
    NoGate,

    /// <summary>A redelivered message takes the slice from its owner, whatever message the owner claimed it by.</summary>
    AnyRedelivered,
}
