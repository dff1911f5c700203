import { JwtVerifier } from 'aws-jwt-verify';

/** An authorizer with AWS's own library: it verifies the token and allows all routes of the stage. */
const verifier = JwtVerifier.create(JSON.parse(process.env.VERIFIER ?? ''));

export async function authorizer({ authorizationToken, methodArn }) {
  const { sub } = await verifier.verify(authorizationToken.replace(/^Bearer /, ''));
  const Resource = `${methodArn.split('/', 2).join('/')}/*`;
  return {
    principalId: sub,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource }],
    },
  };
}
