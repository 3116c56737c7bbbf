# The image contains the static binary, with the time zones in it, and the certificate authorities. Nothing else.
#
#   docker build -t autoscalebot .
#   docker run --rm -e HEROKU_APP_NAME -e HEROKU_API_KEY autoscalebot check
#   docker run -d --restart unless-stopped -e HEROKU_APP_NAME -e HEROKU_API_KEY -v autoscalebot:/var/lib/autoscalebot autoscalebot
#
# PLATFORM=command and PLATFORM=local start other programs and need a shell, which this image does not have. For these, copy
# the binary into an image that has one.

FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
# Modules come first, so that a change of the code does not download them again.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags '-s -w' -o /out/autoscalebot ./cmd/autoscalebot \
    && mkdir -p /out/root/var/lib && mkdir -m 1777 /out/root/tmp /out/root/var/lib/autoscalebot

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/autoscalebot /usr/local/bin/autoscalebot
# The bot's control socket is in /tmp, for "docker exec NAME autoscalebot status". The history is in /var/lib/autoscalebot, which a
# volume can keep. Any user may write to both, for "docker run --user".
COPY --from=build /out/root/ /
ENV PATH=/usr/local/bin
ENV XDG_STATE_HOME=/var/lib
# A number, because there is no /etc/passwd, and because Kubernetes' runAsNonRoot requires one.
USER 65532:65532
# Healthy means that the bot answers on its socket. There is no shell, so the program asks itself.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["autoscalebot", "status"]
ENTRYPOINT ["autoscalebot"]
