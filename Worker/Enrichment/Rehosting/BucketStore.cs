using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment.Calls;

namespace Migration.Worker.Enrichment.Rehosting;

/// <summary>A bucket of a store that speaks S3's protocol.</summary>
internal sealed class BucketStore : IObjectStore
{
    private static readonly CallSettings Calls = new() { TimeoutSeconds = 120 };

    private readonly string _bucket;
    private readonly string _prefix;
    private readonly AmazonS3Client _client;
    private readonly CalledHost _host;
    private readonly FirstCalls _first;

    /// <exception cref="MigrationFileException">A placeholder of the keys has no value here.</exception>
    /// <exception cref="UserException">There are no credentials.</exception>
    public BucketStore(StoreSettings settings, EnrichmentServices services)
    {
        (_bucket, _prefix) = (settings.Bucket!, settings.Prefix);
        Name = $"{settings.Endpoint ?? $"s3 in {settings.Region}"} {_bucket}/{_prefix}";
        _client = Connect(settings, services.Environment);
        _host = new CalledHost($"The store {Name}", Calls, services.Time, services.Logger);
        _first = new FirstCalls($"The store {Name}", services.Time);
    }

    public string Name { get; }

    public async Task<string?> StoreAsync(Content content, CancellationToken cancellationToken)
    {
        var answer = await _host.CallAsync(token => TryAsync(content, token), cancellationToken);
        return answer.IsSuccess ? null : $"the store {Name} answered {answer}";
    }

    public void Dispose()
    {
        _client.Dispose();
        _host.Dispose();
    }

    private static AmazonS3Client Connect(StoreSettings settings, Func<string, string?> environment)
    {
        var config = new AmazonS3Config
        {
            // Tries are the pipeline's.
            MaxErrorRetry = 0,
            Timeout = Timeout.InfiniteTimeSpan,
            // Other stores than AWS's own know neither newer checksums nor a bucket as a host's name.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            ForcePathStyle = settings.Endpoint is not null,
        };
        if (settings.Endpoint is { } endpoint)
            (config.ServiceURL, config.AuthenticationRegion) = (endpoint, settings.Region);
        else
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(settings.Region);
        return settings is { AccessKey: { } access, SecretKey: { } secret }
            ? new AmazonS3Client(DeferredText.Resolve(access, environment), DeferredText.Resolve(secret, environment), config)
            : new AmazonS3Client(config);
    }

    private async Task<HttpAnswer> TryAsync(Content content, CancellationToken cancellationToken)
    {
        HttpAnswer answer;
        try
        {
            if (!await IsThereAsync(content, cancellationToken))
                await PutAsync(content, cancellationToken);
            answer = new HttpAnswer(200, default);
        }
        catch (AmazonServiceException e) when (e.StatusCode != 0)
        {
            // A bucket that is not there is nothing about a content.
            answer = new HttpAnswer(e.StatusCode == System.Net.HttpStatusCode.NotFound ? 403 : (int)e.StatusCode, default, $"status {(int)e.StatusCode} ({e.ErrorCode})");
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException or IOException)
        {
            answer = HttpAnswer.None($"nothing ({TransientRetry.FirstLine(e.InnerException ?? e)})");
        }

        if (answer.IsSuccess)
            _first.Answered();
        else if (!answer.IsBusy)
            _first.Failed(answer.ToString(), answer.IsTransient);
        return answer;
    }

    private async Task<bool> IsThereAsync(Content content, CancellationToken cancellationToken)
    {
        try
        {
            var found = await _client.GetObjectMetadataAsync(_bucket, _prefix + content.Key, cancellationToken);
            return found.ContentLength == content.Length;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private Task<PutObjectResponse> PutAsync(Content content, CancellationToken cancellationToken) => _client.PutObjectAsync(
        new PutObjectRequest
        {
            BucketName = _bucket,
            Key = _prefix + content.Key,
            InputStream = content.Open(),
            AutoCloseStream = false,
            ContentType = content.MediaType,
            // One signature for all of it: not every store takes a body in signed pieces.
            UseChunkEncoding = false,
        },
        cancellationToken);
}
