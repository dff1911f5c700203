import type { PolicyDocument } from 'aws-lambda';

/**
 * A policy of one ARN. API Gateway can cache it and evaluate it for another request. It does not match that request, so the
 * request is denied.
 */
export function policyFor(effect: 'Allow' | 'Deny', arn: string): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: arn }],
  };
}

/** API Gateway's limit for the resource of a policy, in characters. */
const MAX_LENGTH = 512;

/**
 * Wildcards, the start of a policy variable and control characters. And escapes of these, of `%`, of slashes and of
 * characters that need none (RFC 3986 §2.3): AWS does not document whether a path is decoded before it is compared.
 */
const PATTERN = /[*?$\p{Cc}]|%(?:[01]|2[45ADEF]|3[0-9F]|4[1-9A-F]|5[0-9ACF]|6[1-9A-F]|7[0-9AEF])/iu;

/** Whether this ARN in a policy matches this path and no other. @param path the part of the ARN that the caller chose */
export function isExactArn(arn: string, path: string): boolean {
  return arn.length <= MAX_LENGTH && !PATTERN.test(path);
}
