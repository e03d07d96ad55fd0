/** An operation of S3 that a fault can be planned for; `other` for the rest. */
export type S3Operation =
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploads'
  | 'ListParts'
  | 'GetBucketLifecycleConfiguration'
  | 'HeadBucket'
  | 'HeadObject'
  | 'PutObject'
  | 'GetObject'
  | 'DeleteObject'
  | 'other'

/** Which operation a path-style request is. */
export function s3Operation(method: string, target: string): S3Operation {
  const { pathname, searchParams } = new URL(target, 'http://proxy')
  const forObject = pathname.split('/').filter((part) => part !== '').length > 1
  const forUpload = searchParams.has('uploadId')
  if (!forObject) {
    if (searchParams.has('uploads')) return 'ListMultipartUploads'
    if (searchParams.has('lifecycle')) return 'GetBucketLifecycleConfiguration'
    return method === 'HEAD' ? 'HeadBucket' : 'other'
  }
  switch (method) {
    case 'POST':
      return searchParams.has('uploads') ? 'CreateMultipartUpload' : forUpload ? 'CompleteMultipartUpload' : 'other'
    case 'PUT':
      return forUpload ? 'UploadPart' : 'PutObject'
    case 'DELETE':
      return forUpload ? 'AbortMultipartUpload' : 'DeleteObject'
    case 'HEAD':
      return 'HeadObject'
    case 'GET':
      return forUpload ? 'ListParts' : 'GetObject'
    default:
      return 'other'
  }
}
