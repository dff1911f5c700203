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
 * Wildcards and the start of a policy variable; and the escapes of these and of `%`, because AWS does not document whether
 * a path is decoded before it is compared.
 */
const PATTERN = /[*?$]|%(?:24|25|2A|3F)/i;

/** Whether this ARN in a policy matches this path and no other. @param path the part of the ARN that the caller chose */
export function isExactArn(arn: string, path: string): boolean {
  return arn.length <= MAX_LENGTH && !PATTERN.test(path);
}
