/** A Lambda function that does nothing. */
export const authorizer = async () => ({ isAuthorized: false });
