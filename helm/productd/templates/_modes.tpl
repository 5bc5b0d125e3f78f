{{- /*
What differs by mode, and nowhere else: a further mode is a further branch here, with its workload.
  workload    Deployment or StatefulSet
  replicated  whether more than one replica, and so HPA and PodDisruptionBudget, make sense
  reason      why not
  surge       whether a new pod may serve beside an old one while a rollout lasts
  volume      whether it has one
*/ -}}
{{- define "productd.mode" -}}
{{- if eq .Values.mode "lmdb" -}}
workload: StatefulSet
replicated: false
reason: "mode lmdb keeps the catalogue in a file of one volume, which one process opens: a second replica would be a second, different catalogue. Use one replica, or mode memory with config.http.read_only true and a catalogue"
surge: false
volume: true
{{- else if eq .Values.mode "memory" -}}
{{- $replicated := and (eq (include "productd.readOnly" .) "true") (ne (include "productd.cataloguePath" .) "") -}}
workload: Deployment
replicated: {{ $replicated }}
reason: "mode memory keeps what it is given in one process: replicas that take writes would differ. More than one needs config.http.read_only true and a catalogue (catalogue.configMap.name or catalogue.path)"
surge: {{ $replicated }}
volume: false
{{- else -}}
{{- fail (printf "mode: must be lmdb or memory, not %q" (toString .Values.mode)) -}}
{{- end -}}
{{- end -}}

{{- define "productd.readOnly" -}}
{{- dig "http" "read_only" false (.Values.config | default dict) -}}
{{- end -}}

{{- define "productd.cataloguePath" -}}
{{- if .Values.catalogue.configMap.name -}}
/catalogue/{{ .Values.catalogue.configMap.key }}
{{- else -}}
{{- .Values.catalogue.path -}}
{{- end -}}
{{- end -}}

{{- /* Whether more than one pod is meant to run. */ -}}
{{- define "productd.many" -}}
{{- or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) -}}
{{- end -}}

{{- /* Refuses what the schema cannot see: values that do not go together. */ -}}
{{- define "productd.validate" -}}
{{- $mode := include "productd.mode" . | fromYaml -}}
{{- $readOnly := eq (include "productd.readOnly" .) "true" -}}
{{- if not $mode.replicated -}}
{{- if gt (int .Values.replicas) 1 -}}
{{- fail (printf "replicas: must be 0 or 1, not %v: %s" .Values.replicas $mode.reason) -}}
{{- end -}}
{{- if .Values.autoscaling.enabled -}}
{{- fail (printf "autoscaling.enabled: must be false: %s" $mode.reason) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas: must be at most maxReplicas, which is %v" .Values.autoscaling.maxReplicas) -}}
{{- end -}}
{{- if eq (int .Values.ports.http) (int .Values.ports.management) -}}
{{- fail "ports.management: must be another than ports.http: metrics and admin operations are not for the public" -}}
{{- end -}}
{{- if and .Values.catalogue.configMap.name .Values.catalogue.path -}}
{{- fail "catalogue.path: must be empty when catalogue.configMap.name is set: one file fills the catalogue" -}}
{{- end -}}
{{- if and .Values.seed.enabled $readOnly -}}
{{- fail "seed.enabled: must be false when config.http.read_only is true: such a server takes no products. Use catalogue" -}}
{{- end -}}
{{- if and .Values.backup.enabled (not $mode.volume) -}}
{{- fail (printf "backup.enabled: must be false in mode %s, which has nothing on disk to copy" .Values.mode) -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled -}}
{{- fail "metrics.podMonitor.enabled: must be false when metrics.serviceMonitor.enabled is true: every series would be there twice" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs: must name at least one Gateway, such as [{name: public}]" -}}
{{- end -}}
{{- $chartSets := dict "http.listen" "listenAddress and ports.http" "management.listen" "listenAddress and ports.management" "storage.engine" "mode" "storage.data_dir" "the chart: it is the volume" "storage.backup_dir" "backup.enabled" "storage.preload" "catalogue" -}}
{{- range $key, $by := $chartSets -}}
{{- $parts := splitList "." $key -}}
{{- if hasKey (index ($.Values.config | default dict) (first $parts) | default dict) (last $parts) -}}
{{- fail (printf "config.%s: must not be set here: it comes from %s" $key $by) -}}
{{- end -}}
{{- end -}}
{{- range $value := list "commonLabels" "podLabels" -}}
{{- range $key, $_ := index $.Values $value -}}
{{- if has $key (list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart") -}}
{{- fail (printf "%s: must not have %s, by which the chart finds its own pods: any other label will do" $value $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- if has .name (list "PRODUCTD_HTTP_LISTEN" "PRODUCTD_MANAGEMENT_LISTEN" "PRODUCTD_STORAGE_ENGINE" "PRODUCTD_STORAGE_DATA_DIR" "PRODUCTD_DRAIN_TIMEOUT_MS") -}}
{{- fail (printf "extraEnv: must not set %s, which is stronger than the file that ports, probes and the grace period follow: use mode, ports or config" .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
