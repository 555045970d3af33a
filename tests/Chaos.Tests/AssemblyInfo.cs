using Migration.Chaos.Tests.Arenas;
using Xunit.Sdk;
using Xunit.v3;

// A run mostly waits: for leases, for servers, for those who look every two seconds. So some are performed at a time,
// each with servers of its own.
[assembly: Parallelization(Mode = ParallelMode.All, MaxThreads = ArenaPool.Most)]
[assembly: AssemblyFixture(typeof(ArenaPool))]
