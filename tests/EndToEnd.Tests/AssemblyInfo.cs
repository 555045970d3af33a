using Xunit.Sdk;
using Xunit.v3;

// The programs under test are processes that use all cores, and tests observe their progress: one test at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
