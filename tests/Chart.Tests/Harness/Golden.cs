namespace Migration.Chart.Tests.Harness;

/// <summary>
/// What was rendered, kept in the repository so that a change of the chart shows what it changes.
/// MIGRATION_UPDATE_GOLDEN=1 writes the files anew; look through the difference before committing it.
/// </summary>
internal static class Golden
{
    public static void Check(string actual, params string[] file)
    {
        var path = Repository.PathOf(file);
        if (Environment.GetEnvironmentVariable("MIGRATION_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{path} is missing; MIGRATION_UPDATE_GOLDEN=1 ./test.sh --project Chart writes it.");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
