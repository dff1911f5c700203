import type { PolicyDocument } from 'aws-lambda';

/** A model of what AWS documents about API Gateway: how it evaluates policies, and how it caches responses. */

/** Evaluates a policy. IAM's wildcards match any text, slashes included. A denial wins; without a statement the call is denied. */
export function mayInvoke({ Statement }: PolicyDocument, arn: string): boolean {
  const effects = Statement.filter(
    (statement) =>
      'Resource' in statement &&
      [statement.Resource ?? []].flat().some((pattern) => toRegExp(pattern).test(arn)),
  ).map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

/** A policy variable can match any text. */
const toRegExp = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replaceAll(/\$\{[^}]*\}/g, '*')
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  );

/** Caches the authorizer's response by the values of its identity sources. */
export function createAuthorizerCache<Event, Result>(
  authorizer: (event: Event) => Promise<Result>,
  keyOf: (event: Event) => readonly unknown[],
): (event: Event) => Promise<Result> {
  const cache = new Map<string, Result>();
  return async (event) => {
    const key = JSON.stringify(keyOf(event));
    const result = cache.get(key) ?? (await authorizer(event));
    cache.set(key, result);
    return result;
  };
}
