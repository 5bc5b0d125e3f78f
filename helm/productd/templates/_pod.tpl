{{- /* The server's own configuration: values of `config` and what the chart decides. */ -}}
{{- define "productd.config" -}}
{{- $storage := dict "engine" .Values.mode -}}
{{- if eq .Values.mode "lmdb" -}}
{{- $_ := set $storage "data_dir" (printf "/var/lib/productd/%s" .Values.persistence.directory) -}}
{{- end -}}
{{- if .Values.backup.enabled -}}
{{- $_ := set $storage "backup_dir" "/var/lib/productd-backup" -}}
{{- end -}}
{{- with include "productd.cataloguePath" . -}}
{{- $_ := set $storage "preload" . -}}
{{- end -}}
{{- $chart := dict
  "http" (dict "listen" (printf "%s:%v" .Values.listenAddress .Values.ports.http))
  "management" (dict "listen" (printf "%s:%v" .Values.listenAddress .Values.ports.management))
  "storage" $storage -}}
{{- mergeOverwrite (deepCopy (.Values.config | default dict)) $chart | toYaml -}}
{{- end -}}

{{- /* Sleep, then drain, then a margin: a pod is never killed while it still may answer. */ -}}
{{- define "productd.gracePeriodSeconds" -}}
{{- $drainMilliseconds := dig "drain" "timeout_ms" 25000 (.Values.config | default dict) | int -}}
{{- add .Values.preStopSleepSeconds (div (add $drainMilliseconds 999) 1000) .Values.terminationMarginSeconds -}}
{{- end -}}

{{- define "productd.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .Values.userId }}
runAsGroup: {{ .Values.userId }}
fsGroup: {{ .Values.userId }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "productd.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "productd.imagePullSecrets" -}}
imagePullSecrets:
  {{- range .Values.image.pullSecrets }}
  - name: {{ . }}
  {{- end }}
{{- end -}}

{{- /* The pod template of every workload, from metadata on. */ -}}
{{- define "productd.podTemplate" -}}
{{- $mode := include "productd.mode" . | fromYaml -}}
{{- $server := dict "root" . "component" "server" -}}
metadata:
  annotations:
    # A pod reads its configuration once, so another one needs another pod.
    checksum/config: {{ include "productd.config" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- include "productd.podLabels" $server | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "productd.serviceAccountName" . }}
  automountServiceAccountToken: false
  # The variables of a Service named productd would look like settings of the server.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "productd.gracePeriodSeconds" . }}
  securityContext:
    {{- include "productd.podSecurityContext" . | nindent 4 }}
  {{- if .Values.image.pullSecrets }}
  {{- include "productd.imagePullSecrets" . | nindent 2 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $mode.replicated }}
  topologySpreadConstraints:
    {{- if .Values.topologySpreadConstraints }}
    {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
    {{- else }}
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "productd.selectorLabels" $server | nindent 10 }}
      matchLabelKeys: [pod-template-hash]
    {{- end }}
    {{- end }}
  {{- end }}
  containers:
    - name: productd
      image: {{ include "productd.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command: [/usr/bin/productd]
      args: [--config, /etc/productd/productd.yaml]
      # What the log says last is why a start failed, and `kubectl describe pod` shows it.
      terminationMessagePolicy: FallbackToLogsOnError
      securityContext:
        {{- include "productd.containerSecurityContext" . | nindent 8 }}
      ports:
        - name: http
          containerPort: {{ .Values.ports.http }}
        - name: management
          containerPort: {{ .Values.ports.management }}
      {{- with .Values.extraEnv }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.existingSecret }}
      envFrom:
        - secretRef:
            name: {{ . }}
      {{- end }}
      # The listeners open before the catalogue is loaded: loading is the matter of readiness.
      startupProbe:
        httpGet:
          path: /healthz
          port: management
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: {{ max 1 (div .Values.probes.startupSeconds 2) }}
      readinessProbe:
        httpGet:
          path: /readyz
          port: management
        {{- toYaml .Values.probes.readiness | nindent 8 }}
      livenessProbe:
        httpGet:
          path: /healthz
          port: management
        {{- toYaml .Values.probes.liveness | nindent 8 }}
      {{- if gt (int .Values.preStopSleepSeconds) 0 }}
      lifecycle:
        preStop:
          sleep:
            seconds: {{ .Values.preStopSleepSeconds }}
      {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - name: config
          mountPath: /etc/productd
          readOnly: true
        {{- if $mode.volume }}
        - name: data
          mountPath: /var/lib/productd
        {{- end }}
        {{- if .Values.backup.enabled }}
        - name: backup
          mountPath: /var/lib/productd-backup
        {{- end }}
        {{- if .Values.catalogue.configMap.name }}
        - name: catalogue
          mountPath: /catalogue
          readOnly: true
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: config
      configMap:
        name: {{ include "productd.fullname" . }}
    {{- if .Values.backup.enabled }}
    - name: backup
      persistentVolumeClaim:
        claimName: {{ include "productd.fullname" . }}-backup
    {{- end }}
    {{- with .Values.catalogue.configMap.name }}
    - name: catalogue
      configMap:
        name: {{ . }}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- /* A pod that runs productctl once: takes a dict of root and commands, a list of argument lists.
One after the other, each in a container of its own, for the image need not have a shell. */ -}}
{{- define "productd.clientPodTemplate" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "productd.podLabels" (dict "root" .root "component" "client") | nindent 4 }}
spec:
  {{- include "productd.clientPodSpec" . | nindent 2 }}
{{- end -}}

{{- define "productd.clientPodSpec" -}}
{{- $root := .root -}}
restartPolicy: Never
serviceAccountName: {{ include "productd.serviceAccountName" $root }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "productd.podSecurityContext" $root | nindent 2 }}
{{- if $root.Values.image.pullSecrets }}
{{ include "productd.imagePullSecrets" $root }}
{{- end }}
{{- with $root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $index, $command := .commands }}
{{- if eq (add1 $index) (len $.commands) }}
containers:
{{- else if eq $index 0 }}
initContainers:
{{- end }}
  - name: {{ first $command }}
    image: {{ include "productd.image" $root }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    command: [/usr/bin/productctl]
    args: {{ $command | toJson }}
    env:
      - name: PRODUCTCTL_ENDPOINT
        value: {{ include "productd.endpoint" $root }}
      - name: PRODUCTCTL_MANAGEMENT_ENDPOINT
        value: {{ include "productd.managementEndpoint" $root }}
    terminationMessagePolicy: FallbackToLogsOnError
    securityContext:
      {{- include "productd.containerSecurityContext" $root | nindent 6 }}
    resources:
      requests:
        cpu: 50m
        memory: 64Mi
        ephemeral-storage: 16Mi
      limits:
        memory: 64Mi
        ephemeral-storage: 64Mi
{{- end }}
{{- end -}}
