//! Every other kind, through the columns that the API server itself offers (`Table` of meta.k8s.io/v1).
