/** How a request names a stream: by its name, or by its ARN. */
export function streamAddress(stream: string): { readonly StreamName: string } | { readonly StreamARN: string } {
  return stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream }
}
