/** What a SigV4 signature says about its caller. The signature itself is not checked: there are no secrets here. */
export interface CredentialScope {
  accessKeyId: string;
  region: string;
  service: string;
}

/** Reads `AWS4-HMAC-SHA256 Credential=AKID/20260710/eu-central-1/ecs/aws4_request, SignedHeaders=…, Signature=…`; undefined if that is not there. */
export function parseAuthorization(header: string | undefined): CredentialScope | undefined {
  const match =
    /^AWS4-HMAC-SHA256\s+Credential=([^/\s,]+)\/\d{8}\/([^/\s,]+)\/([^/\s,]+)\/aws4_request,\s*SignedHeaders=[^,\s]+,\s*Signature=[0-9a-f]+$/.exec(
      header ?? '',
    );
  const [, accessKeyId, region, service] = match ?? [];
  return accessKeyId && region && service ? { accessKeyId, region, service } : undefined;
}
