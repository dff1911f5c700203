/** What a Lambda function costs that does nothing. */
export const authorizer = async () => ({ isAuthorized: false });
