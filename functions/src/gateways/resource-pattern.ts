import type { PolicyDocument } from 'aws-lambda';

/** Does the policy let this ARN be invoked, as IAM reads it? A denial goes before whatever allows. Pure. */
export function permits({ Statement }: PolicyDocument, arn: string): boolean {
  const effects = Statement.filter(
    (statement) =>
      'Resource' in statement && [statement.Resource ?? []].flat().some((pattern) => matches(pattern, arn)),
  ).map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

/**
 * IAM's wildcards: `*` is any text, slashes and nothing at all included, `?` one character. No regular expression, because
 * the text is the caller's: the time grows with the product of both lengths, not faster.
 */
export function matches(pattern: string, text: string): boolean {
  let [at, from] = [0, 0];
  let star: { readonly at: number; from: number } | undefined;
  while (from < text.length) {
    if (pattern[at] === '*') {
      star = { at, from };
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[from])) {
      at += 1;
      from += 1;
    } else if (star !== undefined) {
      // The last wildcard takes one character more.
      star.from += 1;
      [at, from] = [star.at + 1, star.from];
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
